# The workflow is in workflow/Snakefile, where the community's catalog looks for it; an include does not set the default target.
include: "workflow/Snakefile"


workflow.default_target = "all"
