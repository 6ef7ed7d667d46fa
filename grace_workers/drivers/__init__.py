"""The technology of targets: one kind a module, which binds one `DEFINITION`.

A module here is imported when a target of its kind is declared, and what it needs beyond the standard library and the
foundation when such a target is opened. Drivers do not import each other; what several of them give lies in `_shared`.
"""
