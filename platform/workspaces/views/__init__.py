"""The pages of people and workspaces. They parse, ask the domain modules, and show."""
