"""The rulebook as versioned data tables plus pure interpreters: no Django, database, network or clock."""
