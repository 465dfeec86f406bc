CREATE TABLE parcel (
    place TEXT NOT NULL,
    number BIGINT NOT NULL UNIQUE,
    weight BIGINT NOT NULL,
    small INTEGER,
    note TEXT,
    body BYTEA NOT NULL,
    PRIMARY KEY (place, number)
);

-- Its name comes first, its rows must not.
CREATE TABLE a_label (
    ref BYTEA NOT NULL PRIMARY KEY,
    of_number BIGINT NOT NULL REFERENCES parcel (number)
);

CREATE TABLE vacant (
    at BIGINT NOT NULL PRIMARY KEY
);
