"""The pages: Jupyter Book, once for each language.

assembly    what Jupyter Book reads: English code and outputs, prose of one language
build_book  the site of one language
extensions  of Sphinx
"""
