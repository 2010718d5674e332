#!/bin/sh
# Asks one flight in the four forms that the README shows and prints the answers; fails if they differ. Needs a live endpoint, curl and sed.
set -eu
cd "$(dirname "$0")/../.."
URL=$(./isobar status --output json | sed -n 's/.*"url" *: *"\(http[^"]*\)".*/\1/p' | head -n 1)
URL=${1:-$URL}
FLIGHT='{"origin":"SFO","destination":"EWR","distance_mi":2565,"event_time":"2001-06-01T07:00:00Z","local_time":"2001-06-01T00:00"}'
one=$(./isobar predict flight-delays --instance "$FLIGHT" | head -n 1)
two=$(curl -s "$URL/invocations" -H 'Content-Type: application/json' -d "$FLIGHT")
three=$(curl -s "$URL/v2/models/flight-delays/infer" -H 'Content-Type: application/json' -d '{"inputs":[
  {"name":"origin","shape":[1],"datatype":"BYTES","data":["SFO"]},
  {"name":"destination","shape":[1],"datatype":"BYTES","data":["EWR"]},
  {"name":"distance_mi","shape":[1],"datatype":"INT32","data":[2565]},
  {"name":"event_time","shape":[1],"datatype":"BYTES","data":["2001-06-01T07:00:00Z"]},
  {"name":"local_time","shape":[1],"datatype":"BYTES","data":["2001-06-01T00:00"]}]}')
four=$(curl -s "$URL/predict" -H 'Content-Type: application/json' -d "{\"instances\":[$FLIGHT]}")
printf '%s\n' "$one" "$two" "$three" "$four"
p=$(printf '%s' "$one" | sed -n 's/.*"probability":\([0-9.eE-]*\).*/\1/p')
[ -n "$p" ] || exit 1
for answer in "$two" "$three" "$four"; do
  case $answer in
    *"$p"*) ;;
    *) echo "not $p: $answer" >&2; exit 1 ;;
  esac
done
