"""What the path of a text stands on; nothing here knows what a model is.

arrays     arrays and their description in one file under a checksum
files      files and tables written whole or not at all
locks      a name that one process at a time may write to
downloads  an address -> a file in the cache, checked by its hash
"""
