-- Is there such an organization?

return exists() and "ok" or no_tenant()
