package dev.isobar.gcp.bigtable;

import static com.google.cloud.bigtable.data.v2.models.Filters.FILTERS;

import com.google.api.gax.rpc.AlreadyExistsException;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.NotFoundException;
import com.google.api.gax.rpc.StatusCode;
import com.google.cloud.bigtable.admin.v2.models.CreateTableRequest;
import com.google.cloud.bigtable.admin.v2.models.GCRules;
import com.google.cloud.bigtable.data.v2.models.BulkMutation;
import com.google.cloud.bigtable.data.v2.models.ConditionalRowMutation;
import com.google.cloud.bigtable.data.v2.models.Filters.Filter;
import com.google.cloud.bigtable.data.v2.models.MutateRowsException;
import com.google.cloud.bigtable.data.v2.models.Mutation;
import com.google.cloud.bigtable.data.v2.models.Query;
import com.google.cloud.bigtable.data.v2.models.Range.ByteStringRange;
import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.cloud.bigtable.data.v2.models.RowMutationEntry;
import com.google.cloud.bigtable.data.v2.models.TableId;
import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The table, and the few things that are done with it. Thread safe.
 *
 * <p>What is repeated when a request fails: reads and deletions by the client, for they end the same; a header's replacement here, after a look at whether it
 * is there; a request that writes cells never — a repetition may arrive after the cells were erased — so the writer begins such an attempt anew, with other cells.
 */
final class OnlineTable {
    /** Rows of one MutateRows. */
    static final int MOST_ENTRIES = 5_000;

    /** Cells written and columns deleted by one MutateRows; Bigtable takes 100,000. */
    static final int MOST_MUTATIONS = 50_000;

    /** Of one MutateRows; two chunks fit. */
    static final int MOST_BYTES = 20 << 20;

    private static final int KEYS_PER_READ = 1_000;
    private static final int KEY_BYTES_PER_READ = 250_000;
    private static final int PAGE = 1_000;

    private static final Set<StatusCode.Code> IN_PASSING = Set.of(
            StatusCode.Code.ABORTED,
            StatusCode.Code.CANCELLED,
            StatusCode.Code.DEADLINE_EXCEEDED,
            StatusCode.Code.INTERNAL,
            StatusCode.Code.RESOURCE_EXHAUSTED,
            StatusCode.Code.UNAVAILABLE,
            StatusCode.Code.UNKNOWN);

    private final Bigtable bigtable;
    private final String name;
    private final TableId table;

    /** A table that need not exist. */
    OnlineTable(Bigtable bigtable, String name) {
        this.bigtable = bigtable;
        this.name = name;
        this.table = TableId.of(name);
    }

    String name() {
        return name;
    }

    Backoff backoff() {
        return new Backoff(bigtable.patience());
    }

    /** Whether a request that failed so may succeed when it is sent again; it may also have been done. */
    static boolean inPassing(ApiException e) {
        return IN_PASSING.contains(e.getStatusCode().getCode());
    }

    /** Makes the table; that it is there already is a success. */
    void create() {
        try {
            bigtable.admin()
                    .createTable(CreateTableRequest.of(name)
                            .addFamily(Layout.HEADERS, GCRules.GCRULES.maxVersions(1))
                            .addFamily(Layout.MARKS, GCRules.GCRULES.maxVersions(1))
                            .addFamily(Layout.CHUNKS, GCRules.GCRULES.maxVersions(1)));
        } catch (AlreadyExistsException e) {
            // Somebody else was first.
        }
    }

    /** A namespace's header; null if there is none, or no table. */
    @Nullable
    Header header(String namespace) {
        try {
            return header(bigtable.data()
                    .readRow(
                            table,
                            Layout.headerRow(namespace),
                            FILTERS.qualifier().exactMatch(Layout.HEADER)));
        } catch (NotFoundException e) {
            return null;
        }
    }

    private static @Nullable Header header(@Nullable Row row) {
        if (row != null) {
            for (RowCell cell : row.getCells()) {
                if (cell.getQualifier().equals(Layout.HEADER)) {
                    return Header.decoded(cell.getValue().toByteArray());
                }
            }
        }
        return null;
    }

    /**
     * Replaces a header. An answer that is lost is read back, and the request is repeated as long as the header is the one that it is conditional on.
     *
     * @param from null for none
     * @return the header that is there now; the replacement was made if its change is that of {@code to}, and may also have been made before another one
     */
    @Nullable
    Header swap(@Nullable Header from, Header to) {
        Filter change = FILTERS.chain()
                .filter(FILTERS.family().exactMatch(Layout.HEADERS))
                .filter(FILTERS.qualifier().exactMatch(Layout.CHANGE));
        Mutation replacement = Mutation.create()
                .setCell(Layout.HEADERS, Layout.CHANGE, Layout.TIMESTAMP, bytes(to.change()))
                .setCell(Layout.HEADERS, Layout.HEADER, Layout.TIMESTAMP, ByteString.copyFrom(to.encoded()));
        ConditionalRowMutation request = ConditionalRowMutation.create(table, Layout.headerRow(to.name()));
        if (from == null) {
            request.condition(change).otherwise(replacement);
        } else {
            request.condition(FILTERS.chain()
                            .filter(change)
                            .filter(FILTERS.value().exactMatch(bytes(from.change()))))
                    .then(replacement);
        }
        Backoff backoff = backoff();
        while (true) {
            ApiException failure = null;
            try {
                boolean matched = bigtable.data().checkAndMutateRow(request);
                if (matched == (from != null)) {
                    return to;
                }
            } catch (ApiException e) {
                if (!inPassing(e)) {
                    throw e;
                }
                failure = e;
            }
            Header now = header(to.name());
            boolean asBefore =
                    from == null ? now == null : now != null && now.change().equals(from.change());
            if (failure == null || !asBefore) {
                return now;
            }
            // It was not made, or not yet: should the first one arrive after all, only one of the two can find what it
            // is conditional on.
            if (!backoff.again()) {
                throw failure;
            }
        }
    }

    /** As text, for conditions are regular expressions. */
    private static ByteString bytes(UUID id) {
        return ByteString.copyFromUtf8(id.toString());
    }

    /**
     * What one or more reads gave, each row as of some moment.
     *
     * @param header null for none, also if it was not asked for
     */
    record Found(@Nullable Header header, Map<String, StateRow> rows) {
        StateRow row(String key) {
            return rows.getOrDefault(key, StateRow.NONE);
        }
    }

    /** Reads rows together with the header; one request if there are not very many. */
    Found read(Layout layout, Collection<String> keys) {
        return read(layout, keys, true, null);
    }

    /** Reads rows. */
    Map<String, StateRow> rows(Layout layout, Collection<String> keys) {
        return read(layout, keys, false, null).rows();
    }

    /** Reads what is in rows, without the bytes. */
    Map<String, StateRow> marks(Layout layout, Collection<String> keys) {
        return read(layout, keys, false, FILTERS.family().exactMatch(Layout.MARKS))
                .rows();
    }

    private Found read(Layout layout, Collection<String> keys, boolean withHeader, @Nullable Filter filter) {
        Map<String, StateRow> rows = new HashMap<>();
        Header header = null;
        ByteString headerRow = Layout.headerRow(layout.name());
        Query query = query(filter);
        int count = 0;
        int bytes = 0;
        if (withHeader) {
            query.rowKey(headerRow);
            count++;
        }
        List<Query> queries = new ArrayList<>();
        for (String key : keys) {
            ByteString row = layout.row(key);
            if (count == KEYS_PER_READ || bytes + row.size() > KEY_BYTES_PER_READ) {
                queries.add(query);
                query = query(filter);
                count = 0;
                bytes = 0;
            }
            query.rowKey(row);
            count++;
            bytes += row.size();
        }
        if (count > 0) {
            queries.add(query);
        }
        try {
            for (Query each : queries) {
                for (Row row : bigtable.data().readRows(each)) {
                    if (row.getKey().equals(headerRow)) {
                        header = header(row);
                    } else {
                        rows.put(layout.key(row.getKey()), StateRow.of(row));
                    }
                }
            }
        } catch (NotFoundException e) {
            return new Found(null, Map.of());
        }
        return new Found(header, rows);
    }

    private Query query(@Nullable Filter filter) {
        Query query = Query.create(table);
        return filter == null ? query : query.filter(filter);
    }

    /** A row with its key. */
    record Keyed(String key, StateRow row) {}

    /** What is in rows, without the bytes, in the order of their keys' bytes, behind a key. */
    List<Keyed> page(Layout layout, @Nullable String after, int limit) {
        ByteString prefix = layout.prefix();
        ByteStringRange range = ByteStringRange.prefix(prefix);
        if (after != null) {
            range.startOpen(layout.row(after));
        }
        Query query =
                query(FILTERS.family().exactMatch(Layout.MARKS)).range(range).limit(limit);
        List<Keyed> page = new ArrayList<>();
        try {
            for (Row row : bigtable.data().readRows(query)) {
                page.add(new Keyed(layout.key(row.getKey()), StateRow.of(row)));
            }
        } catch (NotFoundException e) {
            return List.of();
        }
        return page;
    }

    /** Headers of namespaces whose names begin so, by name. */
    List<Header> headers(String prefix) {
        List<Header> headers = new ArrayList<>();
        try {
            for (Row row : bigtable.data()
                    .readRows(Query.create(table)
                            .prefix(Layout.headerRow(prefix))
                            .filter(FILTERS.qualifier().exactMatch(Layout.HEADER)))) {
                Header header = header(row);
                if (header != null) {
                    headers.add(header);
                }
            }
        } catch (NotFoundException e) {
            return List.of();
        }
        return headers;
    }

    /** Sends one request; some of it may be done when it fails. */
    void mutate(List<RowMutationEntry> entries) {
        BulkMutation request = BulkMutation.create(table);
        entries.forEach(request::add);
        try {
            bigtable.data().bulkMutateRows(request);
        } catch (MutateRowsException e) {
            // Its own code says nothing; those of the rows do.
            throw e.getFailedMutations().isEmpty()
                    ? e
                    : e.getFailedMutations().get(0).getError();
        }
    }

    /** Sends mutations that only delete, and that may come twice or late, until they are done. */
    void delete(List<RowMutationEntry> entries) {
        for (int from = 0; from < entries.size(); from += MOST_ENTRIES) {
            List<RowMutationEntry> some = entries.subList(from, Math.min(entries.size(), from + MOST_ENTRIES));
            Backoff backoff = backoff();
            boolean done = false;
            while (!done) {
                try {
                    mutate(some);
                    done = true;
                } catch (ApiException e) {
                    if (!inPassing(e) || !backoff.again()) {
                        throw e;
                    }
                }
            }
        }
    }

    /** Deletes all rows of an incarnation that is out of sight. */
    void purge(Layout dead) {
        Filter keysOnly = FILTERS.chain()
                .filter(FILTERS.limit().cellsPerRow(1))
                .filter(FILTERS.value().strip());
        while (true) {
            List<RowMutationEntry> rows = new ArrayList<>();
            for (Row row : bigtable.data()
                    .readRows(Query.create(table)
                            .prefix(dead.prefix())
                            .filter(keysOnly)
                            .limit(PAGE))) {
                rows.add(RowMutationEntry.create(row.getKey()).deleteRow());
            }
            if (rows.isEmpty()) {
                return;
            }
            delete(rows);
        }
    }

    /** Whether a key can be that of a row; one that cannot has no state. */
    static boolean fits(String key) {
        return key.getBytes(StandardCharsets.UTF_8).length <= BigtableOnlineStore.LIMITS.maxKeyBytes();
    }
}
