"""Images in folders, and what training draws from them."""
