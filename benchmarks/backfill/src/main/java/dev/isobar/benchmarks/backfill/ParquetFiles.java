package dev.isobar.benchmarks.backfill;

import dev.isobar.benchmarks.workload.Workload;
import dev.isobar.event.Row;
import dev.isobar.features.FeaturePlan;
import dev.isobar.local.file.LocalHome;
import dev.isobar.local.offline.LocalOfflineStore;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.TableDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** The labels and the transactions as Parquet files that both sides read. */
final class ParquetFiles {
    static final String LABELS = "labels";
    static final String TRANSACTIONS = "transactions";
    static final long MEGABYTES = 2_048;
    private static final String PART = "all";

    private final LocalHome home;

    private ParquetFiles(LocalHome home) {
        this.home = home;
    }

    /** Writes them unless another competitor has. */
    static ParquetFiles in(Path folder, FeaturePlan plan, Workload events, Labels labels) {
        ParquetFiles files = new ParquetFiles(new LocalHome("local", folder.toAbsolutePath()));
        if (Files.exists(files.part(LABELS, PART))) {
            return files;
        }
        try (LocalOfflineStore store = files.store()) {
            store.create(new TableDefinition(TRANSACTIONS, plan.streamSchema(0), List.of()));
            store.create(new TableDefinition(LABELS, plan.decisionSchema(), List.of()));
            try (PartWriter part = store.write(TRANSACTIONS, PART)) {
                Row row = new Row(plan.streamSchema(0));
                for (int i = 0; i < events.size(); i++) {
                    part.append(row.setWord(0, events.id()[i])
                            .setWord(1, events.card()[i])
                            .setWord(2, events.eventTime()[i])
                            .setWord(3, events.availableTime()[i])
                            .setWord(4, events.cents()[i]));
                }
                part.commit();
            }
            try (PartWriter part = store.write(LABELS, PART)) {
                Row row = new Row(plan.decisionSchema());
                for (int i = 0; i < labels.size(); i++) {
                    part.append(row.setWord(0, labels.id()[i])
                            .setWord(1, labels.card()[i])
                            .setWord(2, labels.time()[i])
                            .setWord(3, labels.label()[i]));
                }
                part.commit();
            }
        }
        return files;
    }

    LocalOfflineStore store() {
        return new LocalOfflineStore(home, MEGABYTES, Ours.THREADS);
    }

    /** Where a part of a table is. */
    Path part(String table, String part) {
        return home.tables().resolve(table).resolve("part-" + part + ".parquet");
    }

    Path labels() {
        return part(LABELS, PART);
    }

    Path transactions() {
        return part(TRANSACTIONS, PART);
    }

    /** The digest of a training set in a file: the label's four columns, then the values. */
    Digest digest(Path file, int values) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT * REPLACE (epoch_us(\"time\") AS \"time\") FROM '" + file + "'")) {
            return digest(rows, values);
        }
    }

    static Digest digest(ResultSet rows, int values) throws SQLException {
        Digest digest = new Digest();
        while (rows.next()) {
            digest.row(rows.getLong(1), rows.getLong(2), rows.getLong(3), rows.getLong(4));
            for (int v = 0; v < values; v++) {
                double value = rows.getDouble(5 + v);
                digest.value(rows.wasNull() ? Double.NaN : value);
            }
            digest.end();
        }
        return digest;
    }
}
