# What the header edit changes.
cdef long SHIFT = 0
