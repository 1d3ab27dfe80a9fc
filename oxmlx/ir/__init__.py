"""The foundation: three small languages (jaxpr, kernel, plan), their values, and how programs are traced."""
