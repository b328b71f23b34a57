"""The training engine: loop, state, schedule, averaged weights, callbacks, devices and validation."""
