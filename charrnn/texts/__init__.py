"""What a text is like, counted without a model.

survey        what to know about its code points before training on it
findings      what is said of it, by `charrnn survey`
known_source  a source of text whose entropy is known
writing       measures of how texts are written
"""
