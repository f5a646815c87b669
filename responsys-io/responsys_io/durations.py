"""How long something takes, in words."""


def duration(seconds: float) -> str:
    """Put a number of seconds into words: `40 s`, `12 min`, `2 h 5 min`."""
    if seconds < 90:  # noqa: PLR2004  below that minutes say too little
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
