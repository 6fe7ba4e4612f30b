-- Tells whether the organization exists.

return exists() and "ok" or no_tenant()
