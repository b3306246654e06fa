-- rosterd's one file, version 1. Only src/store reads or writes it.
-- Areas are 12 digits with zeros behind (519901 is 519901000000); days are YYYYMMDD; instants are Unix milliseconds;
-- list and status codes are those of domain::List and domain::Status; uids are 63-bit integers.

-- Single values: area, epoch, seq (the last one given), and what the link keeps between runs.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL,
    sum   INTEGER NOT NULL               -- over both: see sum.rs
) STRICT, WITHOUT ROWID;

-- One line of one list in one area, own or a child's. Never deleted: a vanished line is a tombstone.
CREATE TABLE entries (
    id         INTEGER PRIMARY KEY,      -- in order of arrival: the smallest of a person's names the person
    uid        INTEGER NOT NULL UNIQUE,
    seq        INTEGER NOT NULL,         -- of its last change; what is above the parent's watermark must travel
    area       INTEGER NOT NULL,
    list       INTEGER NOT NULL,
    origin     INTEGER NOT NULL,         -- the node that owns and reports it
    first_seen INTEGER NOT NULL,
    baseline   INTEGER NOT NULL,         -- 1: stood in the first snapshot of its list and area
    removed    INTEGER,                  -- NULL: the line stands
    corrected  INTEGER,                  -- NULL: number, name, birth date and sex are as first seen
    body       TEXT NOT NULL,            -- the record as it travels; unknown newer fields stay in it
    sum        INTEGER NOT NULL          -- over all that travels of the row: see sum.rs
) STRICT;
CREATE INDEX entries_seq ON entries (seq);

-- Whose entry it is, where that is not a person of its own. Apart from the entries: linking a county writes these few
-- bytes of every second line of it, and not the lines.
CREATE TABLE linked (
    entry  INTEGER PRIMARY KEY,          -- entries.id
    person INTEGER NOT NULL              -- uid of the person's oldest entry
) STRICT;
CREATE INDEX linked_person ON linked (person);

-- What an entry said before, for whoever asks since when it says what it says (people). One row for each change of it, the
-- body until then; the newest few of an entry.
CREATE TABLE history (
    entry INTEGER NOT NULL,              -- entries.id
    until INTEGER NOT NULL,              -- the day the next version was seen
    seq   INTEGER NOT NULL,              -- of the change that ended it
    body  TEXT NOT NULL,
    PRIMARY KEY (entry, seq)
) STRICT, WITHOUT ROWID;

-- Where linkage looks for entries that can be the same person. meta.indexed says up to which entry it is written,
-- meta.keys by which version of the keys.
CREATE TABLE blocks (
    bucket INTEGER PRIMARY KEY,          -- how the keys in it begin
    pairs  BLOB NOT NULL,                -- of block key and entries.id, ascending: see blocks.rs
    sum    INTEGER NOT NULL              -- over both: see sum.rs
) STRICT;

-- Keys that more entries share than say anything, as linkage last saw them.
CREATE TABLE outgrown (
    key INTEGER PRIMARY KEY              -- a block key
) STRICT;

-- Entries to link and persons to judge again. A pass empties it; a crash leaves the rest to the next run.
CREATE TABLE dirty (
    entry INTEGER PRIMARY KEY,           -- entries.id
    link  INTEGER NOT NULL               -- 2: never linked; 1: who it is may have changed; 0: only what it says
) STRICT;

-- The latest snapshot of one list of one area from one stream, and where each of its lines stands.
CREATE TABLE snapshots (
    id            INTEGER PRIMARY KEY,
    seq           INTEGER NOT NULL,
    origin        INTEGER NOT NULL,
    area          INTEGER NOT NULL,
    list          INTEGER NOT NULL,
    stream        TEXT NOT NULL,         -- '' for the inbox, else the name of the configured source
    file          TEXT NOT NULL,
    sheet         TEXT,                  -- NULL: a text file, or lines of several sheets
    taken_on      INTEGER NOT NULL,      -- what the sheet states, else the day it was read
    stated_on     INTEGER,               -- NULL: the file states no day, or it is a child's
    dated_before  INTEGER,               -- NULL: taken_on is right for all we know; else what it was before the calendar went back
    read_at       INTEGER NOT NULL,
    lines         INTEGER NOT NULL,
    damaged       INTEGER NOT NULL,      -- lines whose number lost digits
    total_row     INTEGER,               -- NULL: the sheet states no total
    total_stated  INTEGER,
    total_counted INTEGER,
    due           INTEGER,               -- NULL: nothing changes by the calendar alone
    awaits        INTEGER NOT NULL,      -- 1: another file of the list and area waits for a person's word: see awaited.rs
    placement     BLOB NOT NULL,         -- see placement.rs
    pages         INTEGER NOT NULL,      -- it travels in so many, and seq is the last of so many numbers: see pages.rs
    sum           INTEGER NOT NULL,      -- over all that travels of the row: see sum.rs
    UNIQUE (list, area, origin, stream)
) STRICT;
CREATE INDEX snapshots_seq ON snapshots (seq);
-- So that to say how many lines there are looks at none of the placements.
CREATE INDEX snapshots_lines ON snapshots (lines);
CREATE INDEX snapshots_awaits ON snapshots (origin) WHERE awaits = 1;

-- Pages of lists of offices below that are not whole here yet.
CREATE TABLE pages (
    list      INTEGER NOT NULL,
    area      INTEGER NOT NULL,
    origin    INTEGER NOT NULL,
    stream    TEXT NOT NULL,
    nth       INTEGER NOT NULL,          -- from 0, without a gap
    last      INTEGER NOT NULL,          -- the sender's seq of the list: of one version of it
    continues INTEGER NOT NULL,          -- 1: begins in the middle of a segment
    placement BLOB NOT NULL,             -- see placement.rs
    sum       INTEGER NOT NULL,          -- over the four before it: see sum.rs
    PRIMARY KEY (list, area, origin, stream, nth)
) STRICT, WITHOUT ROWID;

-- Every file, sheet or query looked at, so that an unchanged one is not read again.
CREATE TABLE sources (
    stream   TEXT NOT NULL,
    path     TEXT NOT NULL,              -- relative to the watched folder
    bytes    INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    hash     BLOB,                       -- NULL: never read whole, or another file's lines count since
    read_at  INTEGER,                    -- NULL: never read whole
    state    TEXT NOT NULL,              -- read, held, rejected, quarantined, waiting
    lists    TEXT NOT NULL,              -- JSON array of the lists found in it
    lines    INTEGER NOT NULL,
    gone     INTEGER NOT NULL,           -- 1: in the folder no more; what it brought stays
    PRIMARY KEY (stream, path)
) STRICT, WITHOUT ROWID;

-- Lines and files that could not be taken. A file's rows are replaced when it is read again, a line of a batch leaves when
-- the same thing is taken.
CREATE TABLE quarantine (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    origin INTEGER NOT NULL,             -- the node whose file it is, or that sent it
    stream TEXT NOT NULL,                -- '' for the inbox and for batches, else the name of the configured source
    file   TEXT NOT NULL,
    sheet  TEXT,                         -- NULL: the whole file, or no sheets
    row    INTEGER,                      -- NULL: the whole sheet or file
    code   TEXT NOT NULL,
    detail TEXT NOT NULL,                -- masked
    thing  INTEGER                       -- NULL: of a file; else what the line of a batch is about: see quarantine.rs
) STRICT;
CREATE INDEX quarantine_file ON quarantine (stream, file);
CREATE UNIQUE INDEX quarantine_thing ON quarantine (origin, thing) WHERE thing IS NOT NULL;

-- Snapshots the deletion guard holds until a person decides.
CREATE TABLE held (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    stream  TEXT NOT NULL,
    file    TEXT NOT NULL,
    hash    BLOB NOT NULL,               -- of the file: a release is for this content alone
    area    INTEGER NOT NULL,
    list    INTEGER NOT NULL,
    had     INTEGER NOT NULL,            -- lines before
    has     INTEGER NOT NULL,            -- lines it would leave
    removes INTEGER NOT NULL,
    picks   INTEGER NOT NULL,            -- 1: its name tells that it has some of the people for a purpose
    changes INTEGER NOT NULL,            -- lines that tell of somebody else than before; 0 where it does not wait for that
    revives INTEGER NOT NULL,            -- lines that say no more that somebody died or left; 0 as well
    state   TEXT NOT NULL                -- held, released (not taken yet), taken, rejected, superseded
) STRICT;

-- Findings: what holds now and what once did.
CREATE TABLE findings (
    id         INTEGER PRIMARY KEY,      -- domain::FindingId
    nseq       INTEGER NOT NULL,         -- of its last change; what children are told is above their watermark
    rule       TEXT NOT NULL,
    severity   TEXT NOT NULL,
    holds      INTEGER NOT NULL,         -- 0: newer data removed the contradiction
    person     INTEGER,                  -- NULL: about a snapshot
    snapshot   INTEGER,                  -- NULL: about a person
    area       INTEGER,                  -- NULL: the person as a whole
    list       INTEGER,
    first_seen INTEGER NOT NULL,         -- the day since which it stands: anew when it reopens
    due        INTEGER,
    detail     TEXT NOT NULL,
    evidence   TEXT NOT NULL,            -- JSON array of uids, the one to look at first
    areas      TEXT NOT NULL,            -- JSON array: the areas of the evidence, who is concerned
    basis      INTEGER NOT NULL,         -- hash of what a person would judge: changes when the evidence does
    decided    TEXT,                     -- NULL: open; confirm or dismiss
    decided_on INTEGER,                  -- the basis that was judged; a dismissal does not hold on another
    closed_on  INTEGER                   -- the day it last closed here; NULL: never
) STRICT;
CREATE INDEX findings_person ON findings (person);
CREATE INDEX findings_snapshot ON findings (snapshot) WHERE snapshot IS NOT NULL;
CREATE INDEX findings_nseq ON findings (nseq);
CREATE INDEX findings_open ON findings (rule) WHERE holds = 1;

-- The lines that a finding rests on which holds, where they are of several offices: an office that is told of it is told
-- again when one of them stands elsewhere.
CREATE TABLE rests_on (
    origin  INTEGER NOT NULL,            -- whose list the line stands on, with the next two
    area    INTEGER NOT NULL,
    list    INTEGER NOT NULL,
    entry   INTEGER NOT NULL,            -- uid
    finding INTEGER NOT NULL,            -- domain::FindingId
    PRIMARY KEY (origin, area, list, entry, finding)
) STRICT, WITHOUT ROWID;
CREATE INDEX rests_on_finding ON rests_on (finding);

-- What the parent told us: findings that concern our area, and decisions. Its word, kept apart from our own, and
-- handed on to our children as it came.
CREATE TABLE notices (
    id   INTEGER PRIMARY KEY,            -- domain::FindingId, or a hash of a pair's decision
    nseq INTEGER NOT NULL,               -- of its last change, in our own sequence
    open INTEGER NOT NULL,               -- 0: the parent says that it no longer holds
    body TEXT NOT NULL,                  -- the line as the parent sent it
    withdraws INTEGER                    -- uid of an entry of a finding of ours that the parent sees through; NULL: none
) STRICT;
CREATE INDEX notices_nseq ON notices (nseq);
CREATE INDEX notices_withdraws ON notices (id) WHERE withdraws IS NOT NULL;

-- Findings that offices below make by what they know themselves, and that fall away with what is known here.
CREATE TABLE seen_through (
    id     INTEGER PRIMARY KEY,          -- domain::FindingId
    nseq   INTEGER NOT NULL,             -- of its last change; what children are told is above their watermark
    person INTEGER NOT NULL,             -- here
    holds  INTEGER NOT NULL,             -- 0: no longer
    entry  INTEGER NOT NULL,             -- uid of an entry of the office below on which the finding rests
    list   INTEGER NOT NULL,             -- where the line stands that the office below does not have
    area   INTEGER NOT NULL,
    perhaps INTEGER NOT NULL             -- 1: that the line is the person's a clerk has still to say
) STRICT;
CREATE INDEX seen_through_nseq ON seen_through (nseq);
CREATE INDEX seen_through_person ON seen_through (person) WHERE holds = 1;

-- What people decided, here or at another level, with its whole history. The latest by (at, author) counts.
CREATE TABLE decisions (
    id      INTEGER PRIMARY KEY,
    seq     INTEGER NOT NULL,
    kind    TEXT NOT NULL,               -- finding or match
    subject TEXT NOT NULL,               -- the finding's id, or the pair of uids
    verdict TEXT NOT NULL,               -- confirm, dismiss, reopen, reject; over: see confirmations.rs
    note    TEXT NOT NULL,
    author  INTEGER NOT NULL,            -- the node it was made at
    at      INTEGER NOT NULL,
    basis   INTEGER,                     -- of the finding that the author saw; NULL: of a pair, or not said by an older node
    sum     INTEGER NOT NULL,            -- over all that travels of the row: see sum.rs
    counts  INTEGER NOT NULL,            -- 0: of an office below, and that its subject concerns it is not known here (yet)
    UNIQUE (kind, subject, author, at, verdict)
) STRICT;
CREATE INDEX decisions_seq ON decisions (seq);
CREATE INDEX decisions_subject ON decisions (kind, subject);

-- Who would be called missing on a list, if no file of it waited for a person's word.
CREATE TABLE unsaid (
    person INTEGER NOT NULL,
    list   INTEGER NOT NULL,
    area   INTEGER NOT NULL,             -- of the list
    PRIMARY KEY (person, list, area)
) STRICT, WITHOUT ROWID;
CREATE INDEX unsaid_list ON unsaid (list, area);

CREATE TABLE events (
    id         INTEGER PRIMARY KEY,      -- hash of kind, place and first evidence
    person     INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    date       TEXT,                     -- NULL: nobody dates it; a month or a year where no day is known
    came_from  INTEGER,
    went_to    INTEGER,
    confidence TEXT NOT NULL,
    evidence   TEXT NOT NULL
) STRICT;
CREATE INDEX events_person ON events (person);

-- The next day on which a person's findings change by the calendar alone.
CREATE TABLE dues (
    person INTEGER PRIMARY KEY,
    day    INTEGER NOT NULL
) STRICT;
CREATE INDEX dues_day ON dues (day);

-- Pairs of entries that a clerk should judge. Verdicts are in decisions.
CREATE TABLE matches (
    a     INTEGER NOT NULL,
    b     INTEGER NOT NULL,
    score REAL NOT NULL,
    PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX matches_b ON matches (b);

-- Lines for the mismatch log, written with what they tell of and taken out once they are in the file.
CREATE TABLE log_queue (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice: the file is read by it after a crash
    line TEXT NOT NULL
) STRICT;

-- Batches kept, byte for byte, from before their first send until their receipt is here.
CREATE TABLE frozen (
    after     INTEGER PRIMARY KEY,       -- the batch begins right behind this number
    last      INTEGER NOT NULL,
    header    TEXT NOT NULL,
    body      BLOB NOT NULL
) STRICT;

-- The nodes below that have joined.
CREATE TABLE children (
    area         INTEGER PRIMARY KEY,
    name         TEXT NOT NULL,
    epoch        INTEGER,                -- NULL: never pushed
    watermark    INTEGER NOT NULL,       -- the highest seq held of that epoch
    retired      TEXT NOT NULL,          -- JSON array: epochs followed before
    last_contact INTEGER,                -- NULL: never
    resync       INTEGER NOT NULL,       -- 1: asked for, to be done at its next contact
    state        TEXT NOT NULL,          -- JSON: what it said of itself and what is wrong, if anything
    verify       INTEGER NOT NULL,       -- 1: a comparison that repairs nothing is asked for, as above
    protocol     INTEGER NOT NULL        -- of the link, that it speaks; 0: never heard of
) STRICT;

-- What offices signed of what they hold, the latest word of each: this node's own, and those that came from below. They
-- travel up as they came.
CREATE TABLE attestations (
    origin        INTEGER PRIMARY KEY,   -- who signed
    seq           INTEGER NOT NULL,      -- ours
    body          TEXT NOT NULL,         -- as it was signed: the last that was believed
    key           TEXT NOT NULL,         -- hex, by which the office is known here: the first seen, or a person's choice
    retired       TEXT NOT NULL,         -- JSON array: epochs it spoke for before
    received      INTEGER NOT NULL,
    accord        TEXT NOT NULL,         -- pending, equal, differs, forged, other-key
    differs_since INTEGER,               -- NULL: what is held here was found equal since, or never looked at
    agreed        INTEGER,               -- NULL: never found equal
    looks_lost    INTEGER,               -- NULL: none; rows of its access log that an earlier word knew of
    other         TEXT                   -- NULL: none; a word by another key that came after the one in body
) STRICT;
CREATE INDEX attestations_seq ON attestations (seq);

-- What the parent holds of this office or of those below it, and none of them has: tombstones of what was never here.
CREATE TABLE gone (
    key  INTEGER PRIMARY KEY,            -- uid of an entry, or the name of a list (inventory.rs)
    seq  INTEGER NOT NULL,
    area INTEGER NOT NULL,               -- of the office that has it no more
    sum  INTEGER NOT NULL                -- over both: see sum.rs
) STRICT;
CREATE INDEX gone_seq ON gone (seq);

-- Receipts never expire: the same batch again gets the same answer, other content under its key is refused.
CREATE TABLE receipts (
    origin  INTEGER NOT NULL,
    epoch   INTEGER NOT NULL,
    after   INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (origin, epoch, after, last)
) STRICT, WITHOUT ROWID;

-- Who looked at whom: written before it is shown, each row bound to the one before.
CREATE TABLE access (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    who    TEXT NOT NULL,
    what   TEXT NOT NULL,                -- search or reveal
    target TEXT NOT NULL,                -- masked
    persons TEXT NOT NULL,               -- who was found: a JSON array of uids
    reason TEXT NOT NULL,
    hash   BLOB NOT NULL                 -- of this row and the hash of the row before
) STRICT;
