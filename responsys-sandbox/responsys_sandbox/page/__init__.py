"""A page for people: what lies in the sandbox. It only shows."""
