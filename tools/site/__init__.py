"""The pages: Jupyter Book, once for each language.

assembly    what Jupyter Book reads: English code and outputs, prose of one language
terms       the page of the book's terms, from the glossary
api         the page of the package's API, and what of it chapters lead to
redirects   pages at old addresses that lead to the new ones
templates   those of pages that are none of Jupyter Book's
build_book  the site of one language
extensions  of Sphinx
"""
