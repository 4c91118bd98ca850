"""nbgrader's settings for this course: where things lie, and the plug-ins that keep a batch going."""

import os
import sys
from pathlib import Path

from nbgrader import preprocessors as steps

from coursekit.grading.collect import Collector, Extractor, replace_unreadable
from coursekit.grading.feedback.exporter import FeedbackExporter, Grades
from coursekit.grading.graft import Graft
from coursekit.grading.judged import JudgedExecute, SaveMarks
from coursekit.grading.release import ClearAnswers
from coursekit.grading.releasing import refuse

c = get_config()  # noqa: F821

# nbgrader calls the command `alembic` when it makes a database: find it without an activated environment.
programs, path = str(Path(sys.executable).parent), os.environ.get("PATH", "")
if not path.startswith(programs):
    os.environ["PATH"] = os.pathsep.join([programs, path])

c.CourseDirectory.course_id = "neural-networks-verified"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = ".nbgrader/submitted"
c.CourseDirectory.autograded_directory = ".nbgrader/autograded"
c.CourseDirectory.feedback_directory = ".nbgrader/feedback"
c.CourseDirectory.solution_directory = ".nbgrader/solution"
# nbgrader does not make the folder of its database: `make lab` and `make assignments` do.
c.CourseDirectory.db_url = "sqlite:///.nbgrader/gradebook.db"

c.GenerateAssignment.pre_convert_hook = refuse  # a test that asks for a name of nobody's is not handed out
c.GenerateAssignment.preprocessors = [
    steps.LockCells,
    ClearAnswers,
    steps.ClearOutput,
    steps.CheckCellMetadata,
    steps.ComputeChecksums,
    steps.SaveCells,
    steps.ClearHiddenTests,
    steps.ClearMarkScheme,
    steps.ComputeChecksums,
    steps.CheckCellMetadata,
]

c.ZipCollectApp.downloaded_directory = ".nbgrader/downloaded"
c.ZipCollectApp.extractor_plugin = Extractor
c.ZipCollectApp.collector_plugin = Collector

c.Autograde.pre_convert_hook = replace_unreadable
c.Autograde.sanitize_preprocessors = [
    Graft,  # before all others: they trust the cells' metadata
    steps.ClearOutput,
    steps.DeduplicateIds,
    steps.OverwriteKernelspec,
    steps.OverwriteCells,
    steps.CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    JudgedExecute,  # in the place of Execute: cells behind walls, tests in a process that never saw them
    steps.IgnorePattern,
    steps.LimitOutput,
    SaveMarks,  # a 0 is not the same as no number
    steps.AssignLatePenalties,
    steps.CheckCellMetadata,
]
c.ExportApp.plugin_class = "coursekit.grading.exports.nbgrader.StateExport"
c.JudgedExecute.timeout = 120  # seconds a cell; training takes about three
c.LimitOutput.max_lines = 200

c.GenerateFeedback.exporter_class = FeedbackExporter  # a page without scripts, cleaned of all that acts
c.GenerateFeedback.preprocessors = [Grades]
# The formgrader shows students' work within Jupyter, where a script could do all that you can.
c.HTMLExporter.preprocessors = ["nbconvert.preprocessors.sanitize.SanitizeHTML"]
