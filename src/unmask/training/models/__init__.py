"""The networks: `registry` lists them, `factory` builds one, and the other modules define them.

A network takes pixels in [-1, 1], `[N, 3, H, W]`. Its output is a class activation map `[N, h, w]`, the logit of `fake`
`[N]`, or the scores of real and fake `[N, 2]`; `factory.to_logit` converts each of them to the logit.
"""
