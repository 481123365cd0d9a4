"""What the path of a text stands on; nothing here knows what a model is.

files      files and tables written whole or not at all
sources    a path, a pipe -> bytes
encodings  bytes -> a text, or what they are and how to convert them
transfer   an address -> bytes, within limits of size and time
commands   what command lines share: checked numbers, errors in one line
cache      the user's cache folder: files with a note of their hash
downloads  an address -> its checked bytes, kept in the cache
"""
