-- A mediator's training became a list of specialisms; entries of before say it in one flag.
UPDATE mediators SET entry = json_set(
    json_remove(entry, '$.trained_for_minors'),
    '$.specialisms',
    CASE WHEN json_extract(entry, '$.trained_for_minors') THEN json_array('minors') ELSE json_array() END
) WHERE json_type(entry, '$.trained_for_minors') IS NOT NULL;
