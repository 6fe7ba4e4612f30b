-- The types that the organization has had resources of.

return types()
