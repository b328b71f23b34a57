"""The networks: `catalogue` lists them, `building` makes one, every other file is one network.

A network takes pixels in [-1, 1] `[N, 3, H, W]` and gives one of three things: a class activation map `[N, h, w]`,
the logit of `fake` `[N]`, or the scores of real and fake `[N, 2]`; `building.to_logit` reads each of them.
"""
