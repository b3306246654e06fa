# All text for people. One to one with zh-CN.ftl (a test compares them).
# Plain, neutral words: what differs, and who should look at what; never a word on the family events behind a list.

## Lists, severities, levels, statuses

list-population = population register
list-health = health records
list-dibao = dibao list
list-family = family support list
list-deaths = death list
list-migrants = migrant list
list-any = any
# May be written on the command line too.
list-population-words = register
list-health-words = health
list-dibao-words = minimum living allowance
list-family-words = family planning
list-deaths-words = deaths
list-migrants-words = migrants
list-none = list

severity-high = high
severity-medium = medium
severity-low = low
severity-info = info

level-county = county
level-township = township
level-village = village

status-open = open
status-confirmed = confirmed
status-dismissed = dismissed
status-closed = closed

disposition-confirm = confirmed
disposition-dismiss = dismissed
disposition-reopen = reopened

entry-active = active
entry-moved_out = moved out
entry-deceased = deceased
entry-closed = closed
entry-removed = removed

event-birth = birth
event-death = death
event-transfer = transfer
event-out_migration = out-migration
event-in_migration = in-migration
event-out_migration-unclear = moved out (no line says where to)
event-in_migration-unclear = moved in (no line says where from)
event-correction = correction

confidence-confirmed = confirmed
confidence-probable = probable
confidence-possible = possible

missing-contact = contact person
missing-doctor = family doctor
missing-green = hospital green channel

sex-m = male
sex-f = female

by-number = identity number
by-number-of = the number on the { $list }
by-list-in = { $list } of { $area }

place-outside = outside the county
place-unclear = an unclear place
area-none = this office

id-fault-length = wrong length
id-fault-characters = characters that do not belong
id-fault-calendar = the birth date in it does not exist
id-fault-check-digit = the check digit is wrong
id-fault-out-of-time = the birth date in it cannot be

## Rules: titles and exceptions of severity

rule-deceased-still-active = Deceased, still active
rule-deceased-still-active-says = another entry or the death list says the person died, this entry is active; one finding per active entry
rule-deceased-still-active-note = high for dibao, family
rule-alive-after-death = Sign of life after the death date
rule-alive-after-death-says = a visit, review or new entry is dated after the death: the death claim needs checking first
rule-death-dates-differ = Death dates differ
rule-death-dates-differ-says = two sources give death dates too far apart
rule-moved-still-active = Moved away, still active
rule-moved-still-active-says = served or paid here, while the population register says moved out or another village has the person
rule-moved-still-active-note = high for family when overdue
rule-transfer-unpaired = Move with one half only
rule-transfer-unpaired-says = moved out to a village of this county and not listed there, or moved in and never moved out there
rule-listed-in-two-areas = Active in two areas
rule-listed-in-two-areas-says = the same person active on one list in two or more villages
rule-listed-in-two-areas-note = high for dibao, family
rule-duplicate-entry = Twice on one list
rule-duplicate-entry-says = the same person active twice on one list of one village, as one source of one office has it
rule-no-population-record = Not on the population register
rule-no-population-record-says = active here, and on no population register known at this level
rule-no-population-record-note = high for dibao
rule-left-without-decision = Left the list without a decision
rule-left-without-decision-says = an active entry vanished with no stop, death or move anywhere: protects the person
rule-dibao-without-health-record = Dibao without health record
rule-dibao-without-health-record-says = active on dibao with no active health record
rule-special-support-uncovered = Support not complete
rule-special-support-uncovered-says = contact person, family doctor or hospital green channel missing
rule-dibao-review-overdue = Dibao review overdue
rule-dibao-review-overdue-says = the last review is older than the class allows
rule-late-report = Reported late
rule-late-report-says = a birth or in-move was listed too long after its date
rule-id-invalid = Identity number invalid
rule-id-invalid-says = the number fails after cleaning (width, blanks and lower-case x are cleaned)
rule-id-damaged = Identity number lost digits
rule-id-damaged-says = the number lost digits in a spreadsheet; a whole damaged column is one finding
rule-id-missing = Identity number missing
rule-id-missing-says = no number, and old enough to have one
rule-id-conflict = One person, several numbers
rule-id-conflict-says = entries of one person carry different numbers (15 digits are brought to 18)
rule-shared-id = One number, several people
rule-shared-id-says = one valid number, two people who are not the same
rule-name-conflict = Names differ
rule-name-conflict-says = one person, names that differ beyond blanks, dots, traditional and variant forms
rule-sex-conflict = Sexes differ
rule-sex-conflict-says = columns or number disagree on the sex of one person
rule-birth-conflict = Birth dates differ
rule-birth-conflict-says = columns or number disagree on the birth date of one person
rule-household-without-head = Household without head
rule-household-without-head-says = the head died or left, and nobody replaced them
rule-total-differs = Total differs from the lines
rule-total-differs-says = the sheet's own total differs from its lines
rule-list-late = List late
rule-list-late-says = no new file within the list's cycle

## One sentence a rule

finding-deceased-still-active =
    Active on the { $list } of { $area }, but by { $sources ->
        [none] another list
       *[other] the { $sources }
    } the person died{ $died ->
        [none] {""}
       *[other] {" "}{ $died }
    }; please check{ $pays ->
        [yes] {" "}before anything is stopped
       *[no] {""}
    }.{ $sign_of_life ->
        [none] {""}
       *[other] {" "}There is a sign of life { $sign_of_life }: check the death itself first.
    }
finding-alive-after-death =
    By { $sources ->
        [none] a list
       *[other] the { $sources }
    } the person died{ $died ->
        [none] {""}
       *[other] {" "}{ $died }
    }, but by { $sign_list ->
        [none] another list
       *[other] the { $sign_list }
    } there is a sign of life { $sign ->
        [none] after it
       *[other] { $sign }
    }. Check the death, and whether it is the same person (if not, part the lines as 'rosterd match --help' says), before anything is stopped.
finding-death-dates-differ =
    Lists give different death dates{ $said ->
        [none] { $dates ->
            [none] {""}
           *[other] {" "}({ $dates })
        }
       *[other] {" "}({ $said })
    }{ $days ->
        [none] {""}
       *[other] , { $days } days apart
    }; please check the papers.
finding-moved-still-active =
    Active on the { $list } of { $area }, but { $ground ->
        [elsewhere] the population register that has the person is that of { $to ->
            [none] another village
           *[other] { $to }
        }{ $moved_in ->
            [none] {""}
           *[other] {" "}(moved in { $moved_in })
        }{ $sign ->
            [none] {""}
           *[other] ; the list here was written to { $sign }, after that
        }. Please settle who serves and pays; where the file is to be handed over, hand it over
       *[out] by the population register of { $area } the person moved out{ $moved_out ->
            [none] {""}
           *[other] {" "}{ $moved_out }
        }{ $to ->
            [none] {""}
           *[other] {" "}to { $to }
        }{ $sign ->
            [none] {""}
           *[other] ; the list here was written to { $sign }, after that
        }. Please check where the person lives; if it is so, hand the file over
    }, and stop nothing before that is done.
finding-transfer-unpaired =
    { $direction ->
        [in] Listed as moved into { $area }{ $date ->
            [none] {""}
           *[other] {" "}{ $date }
        }, but { $other ->
            [none] the village of departure
           *[other] { $other }
        } never listed the person as moved out
       *[out] Moved out of { $area }{ $date ->
            [none] {""}
           *[other] {" "}{ $date }
        }, but { $other ->
            [none] the village of arrival
           *[other] { $other }
        } has nobody active on the population register who is this person
    }{ $days ->
        [none] {""}
       *[other] , { $days } days on
    }; both sides please compare.
finding-listed-in-two-areas =
    Active on the { $list } of { $areas ->
        [none] two or more villages
       *[other] { $areas }
    } at once; please settle where the person belongs.
finding-duplicate-entry =
    { $count ->
        [none] More than once
       *[other] { $count } times
    } on the { $list } of { $area }; please merge.
finding-no-population-record = Active on the { $list } of { $area }, but on no population register; please check where the person is registered, or the number.
finding-perhaps-listed = { $by } has somebody on the { $list } of { $area } who may be this person, and waits for a clerk's word under matches
finding-withdrawn = { $by } has this person on the { $list } of { $area }
finding-left-without-decision =
    The person vanished from the { $list } of { $area }{ $vanished ->
        [none] {""}
       *[other] {" "}about { $vanished }
    } with no stop, death or move recorded; please check that nothing was stopped by mistake.
finding-dibao-without-health-record = A dibao recipient of { $area } has no active health record; the health centre please check.
finding-special-support-uncovered =
    Support for this person in { $area } is not complete{ $missing ->
        [none] {""}
       *[other] ; missing: { $missing }
    }.
finding-dibao-review-overdue =
    { $class ->
        [none] Dibao
       *[other] Dibao class { $class }
    }: { $approved ->
        [none] { $reviewed ->
            [none] no review is dated
           *[other] last review { $reviewed }
        }
       *[other] no review since the approval { $approved }
    }{ $days ->
        [none] {""}
       *[other] , { $days } days ago
    }{ $days_max ->
        [none] {""}
       *[other] {" "}(due every { $days_max } days)
    }; please arrange one.
finding-late-report =
    { $kind ->
        [birth] A birth
       *[in_move] An in-move
    }{ $date ->
        [none] {""}
       *[other] {" "}{ $date }
    } was listed { $listed ->
        [none] late
       *[other] only { $listed }
    }{ $days ->
        [none] {""}
       *[other] , { $days } days after it
    }{ $days_max ->
        [none] {""}
       *[other] {" "}(due within { $days_max } days)
    }; please check the date, and list the next ones in time.
finding-id-invalid =
    The identity number { $number ->
        [none] {""}
       *[other] { $number }{" "}
    }on the { $list } of { $area } is wrong{ $fault ->
        [none] {""}
       *[other] {" "}({ $fault })
    }; please correct it from the document.
finding-id-damaged =
    { $whole_column ->
        [yes] A whole column of identity numbers on the { $list } of { $area } lost digits{ $count ->
            [none] {""}
           *[other] {" "}({ $count } lines)
        }; please format it as text and export again.
       *[other] The identity number { $number ->
            [none] {""}
           *[other] { $number }{" "}
        }on the { $list } of { $area } lost digits in a spreadsheet; please enter it again as text.
    }
finding-id-missing = No identity number on the { $list } of { $area }; please add it.
finding-id-conflict =
    Lists give one person different identity numbers{ $said ->
        [none] { $numbers ->
            [none] {""}
           *[other] {" "}({ $numbers })
        }
       *[other] {" "}({ $said })
    }{ $former_number ->
        [none] ; please correct from the document.
       *[other] : the register changed { $former_number }, the other list still has it; please bring that list up to date.
    }
finding-shared-id =
    Different people use one identity number{ $number ->
        [none] {""}
       *[other] {" "}{ $number }
    }{ $said ->
        [none] { $names ->
            [none] {""}
           *[other] {" "}({ $names })
        }
       *[other] {" "}({ $said })
    }; please check each document.
finding-name-conflict =
    Lists write one person's name differently{ $said ->
        [none] { $names ->
            [none] {""}
           *[other] {" "}({ $names })
        }
       *[other] {" "}({ $said })
    }; please settle it from the document.
finding-sex-conflict =
    The sex of one person differs{ $said ->
        [none] { $sexes ->
            [none] {""}
           *[other] {" "}({ $sexes })
        }
       *[other] {" "}({ $said })
    }; please correct from the document.
finding-birth-conflict =
    The birth date of one person differs{ $said ->
        [none] { $dates ->
            [none] {""}
           *[other] {" "}({ $dates })
        }
       *[other] {" "}({ $said })
    }; please correct from the document.
finding-household-without-head =
    A household of { $area } has no head: the former one { $event ->
        [left] moved away
        [gone] is on the register no more
       *[died] died
    }; please check, and enter a new one.
finding-total-differs =
    The total of the { $list } of { $area }{ $stated ->
        [none] {""}
       *[other] {" "}says { $stated }
    }{ $counted ->
        [none] {" "}and differs from its lines
       *[other] , its lines are { $counted }
    }{ $file ->
        [none] {""}
       *[other] {" "}({ $file }{ $sheet ->
            [none] {""}
           *[other] [{ $sheet }]
        }{ $row ->
            [none] {""}
           *[other] :{ $row }
        })
    }; please compare.
finding-list-late =
    No newer { $list } of { $area }{ $last ->
        [none] : no file has come yet
       *[other] {" "}than that of { $last }
    }{ $days ->
        [none] {""}
       *[other] , { $days } days ago
    }{ $cycle_days ->
        [none] {""}
       *[other] {" "}(due every { $cycle_days } days)
    }; please send it{ $last ->
        [none] {""}
       *[other] , or see whether the month in its title and name is still an old one
    }.
finding-other = Something on the { $list } of { $area } does not fit; please check.

## Files and lines that could not be taken

problem-empty = the file is empty
problem-lock-file = a spreadsheet program left this beside an open file; nothing to do
problem-encrypted = the file has a password; take it off and drop the file again
problem-too-large = the file is too large; split it by village or month
problem-zip-bomb = the file unpacks to an implausible size; refused
problem-too-many-cells = too many cells; delete the empty area and save again
problem-truncated = the file is not whole, perhaps copied halfway; copy it again
problem-unsupported-format = this kind of file is not read; save it as xlsx or csv
problem-unreadable-text = the text cannot be read (encoding); open it in a spreadsheet program and save again
problem-not-a-roster = there is no list in it
problem-no-list-recognised = no list recognised; check the header row, or say which with import --list
problem-doubtful-deaths = by its title or name a list of people of whom it is not sure that they died, or of the kin of the dead, and no other list is recognised; nothing is read from it. Name it 死亡人员名单 once it is sure, or say what list it is with import --list
problem-template = called a template, with nobody in it or only invented people, and no list; keep it out of the inbox. If it is a list, say which with import --list, or take the word (模板, 样表) out of its name
problem-own-sheet = rosterd's own sheet of findings, and no list; keep it out of the inbox, and enter what was decided with rosterd decide
problem-other-roster = by its title or name a roster of another office (党员, 医保, 特困 …) and none of our lists; if it is one, say which with import --list, or name the file after it
problem-database-busy = the database is in use; it will be read later
problem-database = the database cannot be read
problem-io = the file cannot be read
problem-broken = reading the file failed: it is damaged, or the program has a mistake; open it in a spreadsheet program and save it as a new xlsx, and tell whoever looks after the program
problem-not-looked-at = not looked at: the service may not open it, or it lies too deep or among too many; let the service read it, or put it elsewhere
problem-no-name = the line has no name
problem-unknown-state = a word in the column of the state that is not known; its lines are taken, and count as active unless another column says otherwise
problem-area-damaged = a spreadsheet cut the code of the area, and nothing else on these lines names their village; they are taken for the sheet's own area. Make the column text and write the codes again
problem-area-outside = the line belongs to an area outside this node's
problem-older-month = an older month of the same list; the latest one counts
problem-no-lines = the header is known, and no row below it is a person; check that header and rows fit
problem-whose-death = a line of several people tells of a death and not whose it is; they are taken as living. Write each person on a line of their own
problem-parent-or-child = a list of support for parents tells of a death and not whether it is the parent's or the child's; the parents are taken as living. Name the column 本人死亡时间 where it is theirs, 子女死亡时间 where it is the child's
problem-head-apart = heads are named beside the members of their households and have no line of their own; they are taken for people of the list. Give each a line if they are, and leave their numbers out if not
problem-unclear-title = a title, or the name of a sheet or file, tells of a death or a move, and not clearly of whom; the lines under it are taken as they say themselves, else as active. Part the dead from those who moved, or write the state on each line
problem-unread-dates = most dates of this column cannot be read; its lines are taken without them. Write them whole (2026-03-05), or state year and month in the title
problem-unread-column = a column that is not read tells of deaths, or that people were not paid; its lines are taken as their other columns say. Name the column 状态 or 死亡日期 if it says how each line stands
problem-doubtful-end = these words tell of a death or a move, and not clearly whose or whether, or another column says otherwise; neither is read from them, and the people count as living unless another column says more. Write the state of each person in a column of its own
problem-several-names = several people in one cell, and who each of them is cannot be told; they are not taken. Write each person on a line of their own
problem-table-beside = another table beside the one that is read, or somebody else's columns, not read. Put each table on a sheet of its own
problem-sheet-repeats-others = a sheet that repeats the others (a summary, a copy, a part of them); not read
problem-older-than-known = the file is of an earlier day than the list that is known already, and was not taken; if it is the right one, save it over the newer file or correct its date
problem-area-missing = an area that was in this file before is not in it now; its entries stay as they are
problem-item-of-child = a record from an office below was not taken
problem-rejected-by-parent = the office above did not take this record
problem-too-large-to-send = a list or record is too long to be sent to the office above
problem-unreadable = it cannot be understood
problem-seq-out-of-order = its number is out of order
problem-other = not taken

## Command line: columns

label-id = id
label-severity = severity
label-age = age
label-area = area
label-list = list
label-finding = what does not fit
label-source = where
label-status = status
label-kind = kind
label-date = date
label-from = from
label-to = to
label-confidence = confidence
label-person = person
people-told = lines of other offices in { $id }, as the office above told of them
people-whole-list = { $id } is about a list as a whole ({ $file }), and nobody more than anybody else: { $text }
label-name = name
label-number = number
label-lines = lines
label-before = before
label-removed = removed
label-share = share
label-since = since
label-file = file
label-row = row
label-reason = reason
label-count = count
label-when = when
label-until = until
label-said-before = said before
label-who = who
label-what = did
label-query = looked for
label-rule = rule
label-says = says
label-weight = weight
label-matched = matched
label-here = here
label-sent = sent
label-bytes = bytes
label-created = new
label-updated = changed
label-unchanged = same
label-refused = refused
label-state = state
label-comparison = comparison
label-village = area
label-check = check
label-own-key = own key
label-node = node
label-parent = parent
label-children = children
label-backlog = backlog
label-backup = last backup
label-alarm = alarm
label-error = last error
label-equal = last found equal
label-clock = clock
label-sources = sources
label-held = held
label-quarantined = not taken, or to be looked at
label-findings = findings
label-version = version
label-last-contact = last contact
label-last-read = last read
label-no = no.
label-due = due
label-overdue = overdue
label-is-overdue = overdue
label-outcome = outcome
label-note = note
label-office = office
label-total = all
label-elsewhere = across

state-ok = ok
state-warn = look
state-bad = broken
state-connected = connected
state-away = not connected
state-connecting = connecting
state-not-joined = not joined yet
state-revoked = credential ended
state-superseded = another machine took its place
state-waiting = waiting to retry
state-none = none
state-never = never
state-paused = paused
state-working = working
state-waits-parent = waits for the parent
state-waits-below = waits for the offices below to send what this store lost
state-waits-file = tries again to open { $file }
state-stopped = not running
state-settled = settled
state-read = read
state-quarantined = not taken
state-held = held for a person
state-rejected = rejected
state-taken = taken
state-refused-file = not taken
state-would-take = would be taken
state-outdated = not taken: of an earlier day than what is known
state-would-hold = would be held
state-equal = equal
state-differs = differs

compared = { $what }: { $how }
compared-number = number
compared-name = name
compared-name-rarity = shared characters
compared-birth = birth
compared-sex = sex
compared-place = place
compared-household = household
compared-spouse = spouse
compared-phone = telephone
compared-birth_beside_number = birth (beside an equal number)
compared-place_beside_number = place (beside an equal number)
compared-version = version of the weights
compared-match_bits = needed for one person
compared-potential_bits = needed to ask a person
compared-margin_bits = needed above the next best
compared-twice_listed_bits = taken off for two lines of one list
compared-vacancy_bits = added where neither line has another
compared-rarity_share = share of the name's rarity
compared-rarity_bits_max = most for the name's rarity
likeness-equal = the same
likeness-equal-invalid = the same, not a valid one
likeness-slip = one slip apart
likeness-tail-slip = one slip apart in the sequence
likeness-two-slips = two slips apart
likeness-prefix = what is left of one begins the other
likeness-extended = one has more behind it
likeness-unlike = unlike
likeness-valid-slip = both valid, one slip apart
likeness-valid-unlike = both valid, not the same
likeness-former = the same before a change
likeness-not-own = one does not fit its own line
likeness-missing = missing
likeness-wildcard = the same but for unreadable characters
likeness-truncated = one is cut short
likeness-sound = the same sound
likeness-near-sound = nearly the same sound
likeness-swapped = characters swapped
likeness-one-character = one character differs
likeness-dropped = a character too few or too many
likeness-surname-only = only the surname
likeness-different = different
likeness-shared = how rare they are
likeness-month = same month, no day
likeness-spelled = as the numbers spell it
likeness-lunar = lunar and solar
likeness-year = same year, no more
likeness-village = same village
likeness-move-named = named as where from or to
likeness-township = same township
likeness-county = same county
likeness-beyond = another county
likeness-head-and-relation = same head, like relation
likeness-head = same head
likeness-both-heads = both are heads
likeness-household = same household

# May be typed of a pair.
match-confirm-words = same, yes
match-reject-words = different, no

look-search = searched
look-reveal = saw all

age-days = { $days } d
age-today = today
seconds-ago = { $count } s ago
minutes-ago = { $count } min ago
hours-ago = { $count } h ago
days-ago = { $count } d ago

## Command line: sentences

say-error = error
say-because = because
say-hint = what to do
say-no-daemon = No daemon runs; this is what the store holds (read-only).
say-no-daemon-copy = No service is running; the copy is made from the store itself.
say-no-area-called-so = No area that this node knows is called '{ $name }'.
say-areas-called-so = Several areas are called '{ $name }'.
say-write-the-code = write its code, or the name that the screens show
say-area-outside = { $area } lies outside this office ({ $here }).
say-needs-daemon = No daemon runs, and this is for the daemon to do.
say-needs-daemon-hint = start it: systemctl start rosterd, or rosterd run --config { $file }
say-daemon-runs = The daemon runs; this can only be done while it is stopped.
say-daemon-runs-hint = stop it: systemctl stop rosterd
say-no-config = There is no settings file.
say-no-config-hint = looked for: { $places }. Make one with rosterd init or rosterd setup, or name one with --config.
say-no-findings-such = No finding is like that.
say-no-findings = Nothing to look at.
say-no-events = No events.
say-no-people = Nobody found.
say-no-held = Nothing is held.
say-no-quarantine = Everything was taken.
say-no-matches = No pairs to judge.
say-no-access = Nobody has looked at anyone yet.
say-findings-count = { $count } in all ({ $parts }).
say-count = { $count } in all.
say-decided = { $id }: { $status }.
say-decided-already = { $id }: decided so before ({ $status }); nothing was written down again.
say-decided-closed = { $id }: written down; the finding has closed.
say-decided-above = { $id }: written down; it counts once the office above has it.
say-sheet = Wrote { $file }; findings in it: { $count }.
say-yes = yes
say-no = no
say-held-released = { $id } released.
say-held-rejected = { $id } rejected.
say-held-removes-much = it would remove { $removed } of { $before } lines
say-held-changes-much = { $changed } of { $lines } lines at once tell of somebody else by name or number: mostly a column slid against the others, or was sorted alone. If the file is wrong, reject it and drop the right one. If it is right, release it
say-held-revives-many = { $revived } people who had died, left or were supported no more stand again by this file: mostly the column of the state was left out, slid, or is in other words. If the file is wrong, reject it and drop the right one. If it is right, release it
say-held-names-some = { $file } is called by whom it picks, and has not everybody of { $other }: taken for the whole list it would remove the others. If it is an excerpt, reject it or take it out of the folder. If it is the list from now on, release it
say-held-other-file = hardly anybody in { $file } stands in { $other }, which still lies in the folder: each file counts as the whole list, so this one would remove everybody of the other. If both together are the list, call them by their parts (1组, 2组), put them into one workbook (a sheet each), or into a folder of their own with mode = "append" under [[source]] in rosterd.toml. If this one takes the place of the other, release it
say-held-missing = until then nobody new is called missing from these lists; what was told before stays
say-held-hint = after a look: rosterd held release ID, or rosterd held reject ID
say-match-confirmed = { $id }: the same person.
say-match-rejected = { $id }: different people, never to be joined again.
say-part-hint = Where two of these lines are two people: rosterd match ID reject
say-match-hint = after a look: rosterd match ID confirm, or reject
say-paused = Reading and pushing are paused; nothing is lost.
say-resumed = Going on.
say-initialised = Made { $dir }.
say-next-run = Next: rosterd run --config { $file }
say-next-join = Next: on the parent, rosterd invite --area { $area }; then here, rosterd join CODE --config { $file }
say-exists = { $file } is there already; nothing was changed.
say-exists-hint = choose another folder, or edit the file
say-invited = The next line is the join code of { $area }: good once, until { $expires }. Hand it over in person or by telephone.
say-joined = Joined { $parent }.
say-trusted = { $area } is known by the key { $key } now (before: { $before }).
say-trusted-looks = The access log of { $area } is taken as it is now.
say-revoked = The credential of { $area } has ended.
say-equal = Both sides are equal.
say-differs = The two sides differ; rosterd resync repairs it.
say-more-refused = … and { $count } more; after the file is taken rosterd quarantine lists all
say-dry-run = A rehearsal: nothing was changed.
say-backed-up = Backed up to { $file } ({ $bytes } bytes, verified).
say-nightly = Backed up to { $file }, restored on trial and compared; entries: { $entries }, backups kept: { $kept }.
say-restored-anew = Restored from { $file }.
say-restored = Restored from { $file }; the store that was there is now { $kept }.
say-rekeyed = { $file } is encrypted under the key of the settings now.
say-keep-key = The store is encrypted with the key in { $file }. Keep a copy of the key somewhere else: without it neither the store nor a backup of it can be opened.
say-exported = Wrote { $file }; entries in it: { $entries }.
say-exported-nothing = Nothing waits to go up; { $file } is empty.
say-imported = Entries taken: { $entries }, refused: { $refused }.
say-receipts = Carry the receipts { $file } back, and take them in there with rosterd import-batch.
say-receipts-read = Receipts read: the parent holds everything up to { $upto }.
say-not-settled = Not settled within { $secs } s.
status-waits-paused = It is paused: rosterd resume goes on.
status-waits-parent = All is read and checked; it waits for the parent.
status-waits-below = This store was restored. It waits for the offices below to send what it lost, an hour at most, and then compares with the parent; rosterd resync compares at once.
status-waits-file = { $file } does not open and is tried again: is it in use, or closed to the account of the service?
say-reveal-logged = This look at whole names and numbers is logged: { $reason }
say-reveal-reason = Whole names and numbers need a reason: --reveal --reason TEXT
say-listening-none = This node listens nowhere for children ([listen] addr).
say-rematched = Persons: { $persons }; joined { $joined }, split { $split }. Findings opened { $opened }, closed { $closed }.
say-healthy = Everything is in order.
say-unhealthy = { $bad } broken, { $warn } to look at.
say-link-score = { $lines } lines: precision { $precision }, recall { $recall }, F1 { $f1 }, { $seconds } s.
hint-rematch = the new weights are not in force yet; look with rosterd rematch --dry-run, then rosterd rematch
hint-resync-held = { $count } removals wait for a person: whoever is sure runs rosterd resync at { $area }
hint-resync-differs = the two are not equal yet; rosterd verify shows where, rosterd quarantine what was not taken
hint-invite-voids = the code made for { $area } before is void: only this one is good
hint-invite-replaces = a machine reports for { $area } already: whoever joins with this code takes its place
hint-resync-later = the office below did not come in time; it does so at its next contact
hint-access-whole = the chain of the access log is whole: { $count } looks since the beginning, the last is { $print }
say-written = Wrote { $file }

## Progress

progress-wait = waiting until done
progress-wait-of = waiting ({ $done } of at most { $total } s)
progress-read = reading
progress-compare = comparing
progress-repair = repairing
progress-rematch = linking anew
progress-backup = backing up

## Status page

status-held-hint = held for a person: { $count }; see: rosterd held
status-quarantined-hint = not taken, or to be looked at: { $count }; see: rosterd quarantine
status-awaited-hint = lists of which a file waits for a person: { $count }; nobody new is called missing from them meanwhile
status-lines = { $lines } lines
status-backlog = { $entries } entries ({ $bytes } bytes)
status-node = { $name } ({ $area }) { $level }, { $state }
status-parent-unasked = { $url }; not known how it stands, as this service does not run
status-slow = about { $span } behind the parent's
status-fast = about { $span } ahead of the parent's
span-seconds = { $count } s
span-minutes = { $count } minutes
span-hours = { $count } hours
span-days = { $count } days
span-years = { $count } years

## Doctor

check-settings = settings file
check-data-mode = data folder closed to others
check-data-mode-hint = run: chmod 700 { $path }
check-writable = data folder writable
check-writable-hint = check the owner of { $path }, and the disk
check-disk = free disk space
check-disk-hint = only { $free } MB free on the disk of { $path }; make room
check-source = source { $name }
check-source-hint = { $path } is not there or cannot be opened; check path and permissions
check-daemon = daemon
check-daemon-hint = it does not run; systemctl status rosterd says why
check-parent = link to the parent
check-parent-hint = check the network; changes are kept meanwhile and sent when it is back
check-parent-fails = link to the parent
check-parent-fails-hint = { $why }; see to that, or to the network: changes are kept meanwhile and sent when it is back
check-parent-refuses = link to the parent
check-parent-refuses-hint = { $why }; ask the office above for a new code ('rosterd invite' there), then run rosterd join CODE: changes are kept meanwhile
check-joined = credential
check-joined-hint = not joined to a parent yet; run rosterd join CODE
check-backlog = backlog
check-backlog-hint = { $entries } entries not acknowledged by the parent yet
check-alarm = alarm
check-alarm-hint = { $text }; { $hint }
check-backup = nightly backup
check-backup-hint = none yet; systemctl enable --now rosterd-backup.timer, or rosterd backup --nightly by cron
check-paused = paused
check-paused-hint = reading and pushing wait for rosterd resume
check-held = held files
check-held-hint = waiting for a person: { $count }; rosterd held
check-quarantined = files and lines not taken, or to be looked at
check-quarantined-hint = { $count }: rosterd quarantine
check-clock = system clock
check-clock-hint = the clock is earlier than this program; set it
check-listen = address for children
check-listen-hint = { $addr } cannot be used; another program may hold it
check-store-opens = store opens
check-store-opens-hint = { $why }
check-store-sound = store sound
check-store-sound-hint = the store is damaged; stop the service and put the newest backup back: rosterd restore FILE. Without a backup move rosterd.db aside and start: the inbox is read anew, the children send all again, and rosterd resync makes the parent equal
check-store-encrypted = store encrypted
check-store-encrypted-hint = it is plain: set [store] key_file, stop the service and run rosterd rekey; else encrypt the disk
check-store-key-apart = key of the store on another disk
check-store-key-apart-hint = { $path } lies on the disk of the data: it protects copies and backups, not a stolen computer; README.md says how to seal it (At rest)
check-access-log = access log whole
check-access-log-hint = its chain of hashes is broken; somebody changed it
check-log-dir = log folder
check-log-dir-hint = { $path } cannot be written; check permissions

## Setup

setup-welcome = A few questions, and it runs. Enter takes what is in brackets.
setup-area = Area code of this office (county 6 digits, township 9, village 12)
setup-name = Name of this office
setup-dir = Folder to install into
setup-inbox = Folder to watch (where the spreadsheets go)
setup-code = Join code from the office above (Enter for none)
setup-listen = Address where offices below connect (Enter for none)
setup-service = Start now and at every boot (y/n)
setup-bad-area = 6, 9 or 12 digits, please.
setup-bad-address = ADDRESS:PORT, please, as 0.0.0.0:7443.
setup-bad-name = At most 60 characters on one line, please.
setup-bad-code = This is no join code for this area; copy the whole line again, or Enter for none.
setup-yes-or-no = y or n, please.
setup-join-later = Not joined yet. All else is done; later: rosterd join CODE{ $config }
setup-needed = This one is needed.
setup-no-terminal = There is no terminal to ask on; give { $flag }.
setup-service-started = The service runs.
setup-service-failed = The service did not start.
setup-service-failed-hint = systemctl status rosterd says why
setup-no-systemd = The service was not started: no systemd looks after it here; run: rosterd run --config { $file }
setup-done = Done. Put the spreadsheets into { $inbox }; rosterd status{ $config } shows how it goes.

## Demo

demo-start = A county, a township and two villages in { $dir }, each a real daemon.
demo-init = { $name } ({ $area }) is set up
demo-join = { $name } joined { $parent }
demo-month = Villages and county drop their spreadsheets of { $month } …
demo-settled = All done after { $secs } s.
demo-result = What { $name } sees, by rule and area:
demo-examples = One example a rule:
demo-stays = The daemons go on; Ctrl-C ends them. In another terminal try:
demo-stopped = All stopped.
demo-log = Mismatch log of { $name }: { $file }
demo-failed = { $name } did not come up; its log: { $file }

## Mismatch log

log-opened = opened
log-changed = changed
log-decided = decided
log-closed = closed
log-reopened = back again
log-due = { " " }(due { $due })
told-due = { " " }Due { $due }.
told-overdue = { " " }Due { $due }: OVERDUE.
told-decision = { " " }Decided: { $verdict } ({ $by }, { $at }): { $note }
log-withdrawn = { " " }(withdrawn: { $why })
log-note = , note: { $note }

word-differs = held here otherwise than it signed
word-forged = signature not its own
word-other-key = signs with another key
alarm-no-progress = no progress for { $hours } hours
alarm-child-replaced = another machine joined as { $area }, in the place of the one that reported until then
alarm-child-silent = nothing from { $office } for { $days } days
alarm-parity-broken = data differ from those of { $area }
alarm-clock-skew = the clock of { $area } is off by about { $span }
alarm-word-differs = what is held of { $area } has not been what it signed for { $hours } hours: something between may have changed it; ask the office
alarm-word-forged = a signature in the name of { $area } is not its own: something between may have changed what it sent
alarm-word-other-key = { $area } signs with another key: ask it by telephone, then rosterd trust --area { $area }
alarm-word-missing = no signed word of { $area } for { $days } days
alarm-looks-lost = { $count } rows of the access log of { $area } are gone
alarm-disk-full = the disk is full ({ $free } MB left): nothing is read until there is room
alarm-store-damaged = the store is damaged and nothing more is written: restore the newest backup (rosterd doctor)
alarm-disk-low = only { $free } MB left on the disk
alarm-backup-failed = the nightly backup failed ({ $why })
alarm-backup-old = no good backup for { $hours } hours
alarm-no-progress-hint = rosterd status shows the last error; nothing is lost, it waits
alarm-child-replaced-hint = ring that office: did it change its computer? If not, run rosterd revoke --area and invite it anew
alarm-child-silent-hint = ring that office: is the machine on, does rosterd status there show its parent?
alarm-parity-broken-hint = rosterd resync repairs it
alarm-clock-skew-hint = set the clock of the machine that is wrong; timedatectl shows it
alarm-disk-low-hint = make room where { $folder } lies
alarm-disk-full-hint = make room where { $folder } lies; reading goes on by itself
alarm-store-damaged-hint = stop the service and put the newest backup back: rosterd restore FILE
alarm-word-differs-hint = ring that office and compare: rosterd verify --area shows what differs
alarm-word-forged-hint = ring that office; nothing on the way to it can be trusted until you know why
alarm-word-other-key-hint = ring that office: was its computer set up anew? Then rosterd trust --area
alarm-word-missing-hint = ring that office: is the machine on, and its rosterd as new as this one?
alarm-looks-lost-hint = ask that office who changed its access log; where it restored a backup: rosterd trust --area
alarm-backup-failed-hint = journalctl -u rosterd-backup says why; then systemctl start rosterd-backup
alarm-backup-old-hint = systemctl list-timers rosterd-backup.timer shows when it runs
alarm-ended = in order again
