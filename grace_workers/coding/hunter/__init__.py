"""The hunter: looks for what is hostile or careless in code, playbooks, causes and prompts before they are used."""
