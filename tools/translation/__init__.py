"""Translations of the chapters, kept honest by hashes.

files      their pages, read and written
matching   which text belongs to which English one, in the whole book
pairs      a text and its translation in a page; what state that is in
moves      texts whose English cell stands in another chapter now
links      from page to page of the book, as English has them
merge      English code and outputs with translated prose
plan       what is written and removed so that a language follows English
structure  what a translation shares with its English text
problems   what of a page contradicts English
checks     the same over all pages of a language
accept     a text is a translation as it stands
glossary   the terms of the book in every language
figures    alternative texts of figures
languages  the languages of the book and their folders
"""
