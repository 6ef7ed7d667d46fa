"""The hunter: looks for hostile or careless content in code, playbooks, causes and prompts before they are used."""
