package dev.isobar.gcp.bigquery;

import com.google.cloud.bigquery.FieldValue;
import com.google.cloud.bigquery.FieldValueList;
import com.google.cloud.bigquery.TableResult;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore.RowCursor;
import java.util.Iterator;

/** A query's rows, page by page as they are asked for. Not thread safe. */
final class QueryRows implements RowCursor {
    private final BigQueryErrors errors;
    private final String table;
    private final FieldType[] types;
    private Iterator<FieldValueList> rows;
    private boolean closed;

    QueryRows(BigQueryErrors errors, String table, Schema schema, TableResult result) {
        this.errors = errors;
        this.table = table;
        this.types = schema.fields().stream().map(Field::type).toArray(FieldType[]::new);
        this.rows = result.iterateAll().iterator();
    }

    @Override
    public boolean next(Row into) {
        if (closed) {
            throw errors.error(ErrorCode.INVALID_ARGUMENT, "The cursor over " + table + " is closed", "scan", table)
                    .build();
        }
        FieldValueList values;
        try {
            if (!rows.hasNext()) {
                return false;
            }
            values = rows.next();
        } catch (RuntimeException e) {
            throw errors.translate(e, "scan", table);
        }
        for (int i = 0; i < types.length; i++) {
            FieldValue value = values.get(i);
            if (value.isNull()) {
                into.setNull(i);
            } else {
                set(into, i, value.getStringValue());
            }
        }
        return true;
    }

    private void set(Row into, int slot, String text) {
        switch (types[slot]) {
            case STRING -> into.setText(slot, text);
            case INT32, INT64, TIMESTAMP, LOCAL_TIMESTAMP -> into.setWord(slot, Long.parseLong(text));
            case BOOL -> into.setWord(slot, Boolean.parseBoolean(text) ? 1 : 0);
            case FLOAT64 -> into.setFloat64(slot, real(text));
        }
    }

    private double real(String text) {
        return switch (text) {
            case "nan", "-nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> parsed(text);
        };
    }

    private double parsed(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw IsobarException.of(ErrorCode.CORRUPT, "BigQuery answered '" + text + "' for a FLOAT64 of " + table)
                    .at("OfflineStore", "scan")
                    .resource(table)
                    .cause(e)
                    .build();
        }
    }

    @Override
    public void close() {
        closed = true;
        rows = java.util.Collections.emptyIterator();
    }
}
