"""Studies of the shipped models and of the methods around them: each module measures one question and prints tables."""
