"""The one exception that is the user's business."""


class InputError(ValueError):
    """A file or a setting cannot be used: one line that names it, says what is wrong and what to do.

    Command lines print the message alone and exit with status 1; everything else keeps its stack trace.
    """
