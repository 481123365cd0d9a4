"""A text of one's own -> a model's file: what ``charrnn train`` does.

train    the command, from the text to the file
run      what it says, saves and shows while the training works
files    a model's name -> the files that its training writes, checked and held
losses   a model, ids -> what it and an n-gram lose on the same characters, in seconds
verdict  what a run saw -> whether it is better than an n-gram, and what would help
origin   a trained model and a text -> what training goes on from
"""
