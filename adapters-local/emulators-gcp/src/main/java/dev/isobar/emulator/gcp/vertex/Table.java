package dev.isobar.emulator.gcp.vertex;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.isobar.emulation.state.Documents;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Messages by name, kept as JSON documents. Thread safe. */
final class Table<M extends Message> {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Documents documents;
    private final M empty;
    /** Documents as messages; parsing is dear, and predictions look here each time. */
    private final Map<String, M> read = new HashMap<>();

    Table(Path folder, M empty) throws IOException {
        this.documents = Documents.open(folder);
        this.empty = empty;
    }

    synchronized Optional<M> get(String name) {
        M known = read.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<M> found = documents.get(name).map(this::message);
        found.ifPresent(m -> read.put(name, m));
        return found;
    }

    synchronized List<M> all() {
        return documents.all().stream().map(this::message).toList();
    }

    synchronized boolean create(String name, M message) {
        boolean created = documents.create(name, document(message));
        if (created) {
            read.put(name, message);
        }
        return created;
    }

    synchronized void put(String name, M message) {
        documents.put(name, document(message));
        read.put(name, message);
    }

    /** Changes one, if it is there, and gives it as it is then. */
    synchronized Optional<M> update(String name, UnaryOperator<M> change) {
        return get(name).map(before -> {
            M after = change.apply(before);
            if (!after.equals(before)) {
                put(name, after);
            }
            return after;
        });
    }

    synchronized boolean delete(String name) {
        read.remove(name);
        return documents.delete(name);
    }

    private static ObjectNode document(Message message) {
        try {
            return (ObjectNode) JSON.readTree(JsonFormat.printer().print(message));
        } catch (JsonProcessingException | InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private M message(ObjectNode document) {
        Message.Builder builder = empty.newBuilderForType();
        try {
            JsonFormat.parser().ignoringUnknownFields().merge(document.toString(), builder);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
        return (M) builder.build();
    }
}
