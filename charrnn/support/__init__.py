"""What the path of a text stands on; nothing here knows what a model is.

locks       what one process holds so that others keep off
interrupts  signals that end a process, and work that they wait for
files       files and tables written whole or not at all
folders     folders written whole or not at all
arrays      arrays and their description in one file under a checksum
background  work in a thread
console     words to a person, and commands that the person can type
commands    what command lines share: checked numbers, errors in one line
extras      packages that only a part needs, and how they are installed
sources     a path, a pipe -> bytes, in blocks
formats     files that are no text, by their first bytes
encodings   bytes -> a text, or what they are and how to convert them
transfer    an address -> bytes, within limits of size and time
cache       the user's cache folder: files with a note of their hash
downloads   an address -> its checked bytes, kept in the cache
"""
