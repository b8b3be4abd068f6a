"""The pages of the desk: each parses, asks the policy, calls a service and answers."""
