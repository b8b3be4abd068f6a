"""A record as its reader sees it: everyday words, sections and the values of the record PDF, in English or Spanish."""
