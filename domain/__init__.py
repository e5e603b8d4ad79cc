"""Words and rules of the office: records, refusals, policy. Imports nothing but itself."""
