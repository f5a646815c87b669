"""The API functions the sandbox has.

Paths and variables are those of Oracle's Swagger file, except that it calls the table `suppTableName` in
some paths and knows neither the log-in, nor the rate limits, nor the dropping of a table.
"""

from __future__ import annotations

from responsys_sandbox.rest.account import create_folder, list_folders, user_info
from responsys_sandbox.rest.asyncfunctions import ASYNC_FUNCTIONS
from responsys_sandbox.rest.call import API, Function
from responsys_sandbox.rest.campaigns import list_campaigns, list_schedules, read_campaign, read_schedule
from responsys_sandbox.rest.connect import list_runs, read_run, trigger_job, trigger_jobs
from responsys_sandbox.rest.listfunctions import LIST_FUNCTIONS
from responsys_sandbox.rest.members import delete_member, merge_members, read_member
from responsys_sandbox.rest.programs import list_programs, list_programs_of_list, read_program
from responsys_sandbox.rest.sessions import authenticate
from responsys_sandbox.rest.supplemental import (
    create_table,
    describe_table,
    drop_table,
    list_tables,
    move_table,
)
from responsys_sandbox.rest.throttle import rate_limits

LOGIN = Function(
    "login",
    "POST",
    f"{API}/auth/token",
    "Log in, or renew a token",
    10,
    authenticate,
    needs_token=False,
    on_login_host=True,
)
RATE_LIMITS = Function(
    "retrieveRateLimits", "GET", "/rest/api/ratelimit", "Retrieve the throttling limits", 100, rate_limits
)

_CAMPAIGN = f"{API}/campaigns/{{campaignName}}"
_PROGRAMS = f"{API}/programs"
_TABLES = f"{API}/folders/{{folderName}}/suppData"
_TABLE = f"{_TABLES}/{{tableName}}"
_MEMBERS = f"{_TABLE}/members"
_JOB = f"{API}/connectJobs/{{jobId}}"
_RUNS = f"{_JOB}/jobRuns"

FUNCTIONS = (
    LOGIN,
    RATE_LIMITS,
    Function("retrieveUserInfo", "GET", f"{API}/user/info", "Retrieve the user", 100, user_info),
    Function("retrieveFolders", "GET", f"{API}/folders", "Retrieve folders", 100, list_folders),
    Function("createFolder", "POST", f"{API}/folders", "Create a folder", 10, create_folder),
    Function("retrieveCampaigns", "GET", f"{API}/campaigns", "Retrieve campaigns", 100, list_campaigns),
    Function("retrieveCampaign", "GET", _CAMPAIGN, "Retrieve a campaign", 100, read_campaign),
    Function(
        "retrieveSchedules",
        "GET",
        f"{_CAMPAIGN}/schedule",
        "Retrieve the launch schedules of a campaign",
        100,
        list_schedules,
    ),
    Function(
        "retrieveSchedule",
        "GET",
        f"{_CAMPAIGN}/schedule/{{scheduleId}}",
        "Retrieve a launch schedule of a campaign",
        100,
        read_schedule,
    ),
    Function("retrievePrograms", "GET", _PROGRAMS, "Retrieve programs", 100, list_programs),
    Function(
        "retrieveProgramsOfList",
        "GET",
        f"{_PROGRAMS}/lists/{{listName}}",
        "Retrieve the programs of a profile list",
        100,
        list_programs_of_list,
    ),
    Function(
        "retrieveProgram", "GET", f"{_PROGRAMS}/{{programName}}", "Retrieve a program", 100, read_program
    ),
    Function("retrieveTables", "GET", f"{API}/suppData", "Retrieve supplemental tables", 100, list_tables),
    Function("createTable", "POST", _TABLES, "Create a supplemental table", 10, create_table),
    Function("updateTable", "PUT", _TABLE, "Rename or move a supplemental table", 10, move_table),
    Function("deleteTable", "DELETE", f"{_TABLE}/table", "Drop a supplemental table", 10, drop_table),
    Function(
        "retrieveTableFields",
        "GET",
        f"{API}/folder/{{folderName}}/suppData/{{tableName}}",
        "Retrieve the fields of a supplemental table",
        100,
        describe_table,
    ),
    Function("mergeTableMembers", "POST", _MEMBERS, "Merge supplemental records", 400, merge_members),
    Function("retrieveTableMembers", "GET", _MEMBERS, "Retrieve a supplemental record", 400, read_member),
    Function("deleteTableMembers", "DELETE", _MEMBERS, "Delete a supplemental record", 400, delete_member),
    Function("triggerJob", "PUT", f"{_JOB}/trigger", "Start a Connect job", 10, trigger_job),
    Function("triggerJobs", "PUT", f"{API}/connectJobs/trigger", "Start Connect jobs", 10, trigger_jobs),
    Function("retrieveJobRuns", "GET", _RUNS, "Retrieve the runs of a Connect job", 100, list_runs),
    Function(
        "retrieveJobRun", "GET", f"{_RUNS}/{{jobRunId}}/status", "Retrieve a job run's status", 100, read_run
    ),
    *LIST_FUNCTIONS,
    *ASYNC_FUNCTIONS,
)
"""Limits: log-in 10 and reads 100 are from an Oracle sample, merges 400 and creates 10 from Segment's
experience with other objects; no source has numbers for supplemental tables (rest-api.md 2.4) or jobs."""
