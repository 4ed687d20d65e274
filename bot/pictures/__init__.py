"""Pictures made here: words in every script, drawn signs, QR codes. Nothing is fetched."""
