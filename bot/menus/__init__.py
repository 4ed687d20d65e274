"""The menu below every chat, in the resident's language: published once, linked to each person."""
