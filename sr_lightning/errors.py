"""Exception for invalid user input."""


class InputError(ValueError):
    """Raised for invalid user input: an unusable file or setting.

    The message is one line: the file or key, what is wrong, and what to do. Commands print it without a stack trace and
    exit with status 1.
    """
