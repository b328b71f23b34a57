"""The only room that knows torch: from labelled pictures to a model file."""
