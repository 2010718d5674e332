package dev.isobar.gcp.bigtable;

import com.google.cloud.bigtable.data.v2.models.Row;
import com.google.cloud.bigtable.data.v2.models.RowCell;
import com.google.protobuf.ByteString;
import dev.isobar.gcp.bigtable.Layout.Mark;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One key's row as it was at some moment.
 *
 * @param chunks by column; empty if only the marks were read
 */
record StateRow(List<Mark> marks, Map<ByteString, ByteString> chunks) {
    static final StateRow NONE = new StateRow(List.of(), Map.of());

    static StateRow of(@Nullable Row row) {
        if (row == null) {
            return NONE;
        }
        List<Mark> marks = new ArrayList<>();
        Map<ByteString, ByteString> chunks = new HashMap<>();
        for (RowCell cell : row.getCells()) {
            if (cell.getFamily().equals(Layout.MARKS)) {
                marks.add(Mark.of(cell.getQualifier()));
            } else {
                chunks.put(cell.getQualifier(), cell.getValue());
            }
        }
        return new StateRow(marks, chunks);
    }

    /** The newest state that a header shows; null for none. */
    @Nullable
    Mark visible(Header header) {
        Mark newest = null;
        for (Mark mark : marks) {
            if (header.shows(mark.write()) && (newest == null || mark.version() > newest.version())) {
                newest = mark;
            }
        }
        return newest;
    }

    /** All marks but one. */
    List<Mark> without(@Nullable Mark one) {
        return marks.stream().filter(mark -> !mark.equals(one)).toList();
    }

    /** Null if a chunk is not there. */
    byte @Nullable [] bytes(Mark mark) {
        ByteString all = ByteString.EMPTY;
        for (int i = 0; i < mark.chunks(); i++) {
            ByteString chunk = chunks.get(Layout.chunkQualifier(mark.write(), i));
            if (chunk == null) {
                return null;
            }
            all = all.concat(chunk);
        }
        return all.toByteArray();
    }
}
