"""The technology of targets: one kind a module, which binds one `DEFINITION`.

A module here is imported when a target of its kind is declared; what it needs beyond the standard library and the
foundation is imported when such a target is opened. Drivers do not import each other; shared parts are in `_shared`.
"""
