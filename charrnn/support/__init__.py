"""What the path of a text stands on; nothing here knows what a model is.

locks       what one process holds so that others keep off
interrupts  signals that end a process, and work that they wait for
files       files and tables written whole or not at all
folders     folders written whole or not at all
arrays      arrays and their description in one file under a checksum
console     words to a person, and commands that the person can type
downloads   an address -> a file in the cache, checked by its hash
"""
