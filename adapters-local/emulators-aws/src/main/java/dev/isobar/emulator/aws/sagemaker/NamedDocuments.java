package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.Optional;

/**
 * Documents of one kind by their names, with the words that SageMaker has for models, endpoint configurations and endpoints alike. Thread safe.
 *
 * @param kind as ARNs have it, such as {@code endpoint-config}
 * @param noun as messages have it
 * @param member what its members begin with, such as {@code EndpointConfig} of {@code EndpointConfigName}
 * @param rule what a name must be
 */
record NamedDocuments(Documents documents, Arns arns, String kind, String noun, String member, Rule rule) {
    /** Adds one, with its ARN; answers as the Create operations do. */
    ObjectNode create(String name, ObjectNode document) {
        String arn = arns.of(kind, name);
        document.put(member + "Arn", arn);
        if (!documents.create(Arns.key(name), document)) {
            throw ServiceError.validation("Cannot create already existing " + noun + " \"" + arn + "\".");
        }
        return JsonNodeFactory.instance.objectNode().put(member + "Arn", arn);
    }

    ObjectNode describe(ObjectNode request) {
        return Rules.described(existing(name(request)));
    }

    ObjectNode list(ObjectNode request) {
        return Rules.list(
                request,
                documents.all().stream(),
                member + "Name",
                "",
                false,
                member + "s",
                document -> Rules.some(document, member + "Name", member + "Arn", "CreationTime"));
    }

    ObjectNode delete(ObjectNode request) {
        String name = name(request);
        if (!documents.delete(Arns.key(name))) {
            throw missing(name);
        }
        return JsonNodeFactory.instance.objectNode();
    }

    Optional<ObjectNode> find(String name) {
        return documents.get(Arns.key(name));
    }

    /** The one of that name; it is refused if there is none. */
    ObjectNode existing(String name) {
        return find(name).orElseThrow(() -> missing(name));
    }

    ServiceError missing(String name) {
        return ServiceError.validation("Could not find " + noun + " \"" + arns.of(kind, name) + "\".");
    }

    /** The name that a request is about, if it has no other member. */
    String name(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text(member + "Name", rule);
        in.check();
        return name;
    }
}
