// A client of SpiceDB that loads facts and asks who is listed at sites, again and again.
//
// In Go because a Python client needs longer to read the answer than SpiceDB to find it.
//
//	lookup_subjects ADDRESS KEY load SCHEMA_FILE RELATIONSHIPS_FILE
//	lookup_subjects ADDRESS KEY ask ROUNDS changed|unchanged SITE...
//
// A line of relationships is `type:id relation type:id`. To ask prints {"seconds": [...], "subjects": {SITE:
// [DRIVER, ...]}}. changed: before each time, and not timed, one relationship that touches no answer is written, so
// that nothing remembered for the old revision serves.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	pb "github.com/authzed/authzed-go/proto/authzed/api/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

func main() {
	conn, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+os.Args[2])
	arguments := os.Args[4:]
	if os.Args[3] == "load" {
		load(ctx, conn, arguments[0], arguments[1])
		return
	}
	rounds, err := strconv.Atoi(arguments[0])
	check(err)
	ask(ctx, pb.NewPermissionsServiceClient(conn), rounds, arguments[1] == "changed", arguments[2:])
}

func load(ctx context.Context, conn *grpc.ClientConn, schema, relationships string) {
	text, err := os.ReadFile(schema)
	check(err)
	_, err = pb.NewSchemaServiceClient(conn).WriteSchema(ctx, &pb.WriteSchemaRequest{Schema: string(text)})
	check(err)
	file, err := os.Open(relationships)
	check(err)
	stream, err := pb.NewPermissionsServiceClient(conn).ImportBulkRelationships(ctx)
	check(err)
	var batch []*pb.Relationship
	send := func() {
		check(stream.Send(&pb.ImportBulkRelationshipsRequest{Relationships: batch}))
		batch = nil
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		batch = append(batch, relationship(words[0], words[1], words[2]))
		if len(batch) == 1000 {
			send()
		}
	}
	check(lines.Err())
	send()
	_, err = stream.CloseAndRecv()
	check(err)
}

func ask(ctx context.Context, client pb.PermissionsServiceClient, rounds int, changed bool, sites []string) {
	seconds := []float64{}
	var subjects map[string][]string
	for round := 0; round <= rounds; round++ {
		if changed {
			touch(ctx, client, fmt.Sprint("access_group:elsewhere-", round))
		}
		start := time.Now()
		subjects = lookUpAll(ctx, client, sites)
		if round > 0 { // the first fills caches and connections
			seconds = append(seconds, time.Since(start).Seconds())
		}
	}
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"seconds": seconds, "subjects": subjects}))
}

func lookUpAll(ctx context.Context, client pb.PermissionsServiceClient, sites []string) map[string][]string {
	answers := make([][]string, len(sites))
	var waiting sync.WaitGroup
	for index, site := range sites {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			answers[index] = lookUp(ctx, client, site)
		}()
	}
	waiting.Wait()
	subjects := map[string][]string{}
	for index, site := range sites {
		subjects[site] = answers[index]
	}
	return subjects
}

func lookUp(ctx context.Context, client pb.PermissionsServiceClient, site string) []string {
	stream, err := client.LookupSubjects(ctx, &pb.LookupSubjectsRequest{
		Consistency:       &pb.Consistency{Requirement: &pb.Consistency_FullyConsistent{FullyConsistent: true}},
		Resource:          &pb.ObjectReference{ObjectType: "site", ObjectId: site},
		Permission:        "listed",
		SubjectObjectType: "driver",
	})
	check(err)
	var found []string
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return found
		}
		check(err)
		found = append(found, answer.GetSubject().GetSubjectObjectId())
	}
}

func touch(ctx context.Context, client pb.PermissionsServiceClient, group string) {
	update := &pb.RelationshipUpdate{
		Operation:    pb.RelationshipUpdate_OPERATION_TOUCH,
		Relationship: relationship(group, "holder", "driver:1"),
	}
	_, err := client.WriteRelationships(ctx, &pb.WriteRelationshipsRequest{Updates: []*pb.RelationshipUpdate{update}})
	check(err)
}

func relationship(resource, relation, subject string) *pb.Relationship {
	return &pb.Relationship{
		Resource: object(resource),
		Relation: relation,
		Subject:  &pb.SubjectReference{Object: object(subject)},
	}
}

func object(text string) *pb.ObjectReference {
	kind, id, _ := strings.Cut(text, ":")
	return &pb.ObjectReference{ObjectType: kind, ObjectId: id}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
