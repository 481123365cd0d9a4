"""Translations of the chapters, kept honest by hashes.

files      their pages, read and written
pairs      a text and its translation; what state that is in
merge      English code and outputs with translated prose
structure  what a translation shares with its English text
problems   what of a page contradicts English
checks     the same over all pages of a language
accept     a text is a translation as it stands
glossary   the terms of the book in every language
figures    alternative texts of figures
languages  the languages of the book and their folders
"""
