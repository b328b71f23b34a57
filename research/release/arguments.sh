# Sourced by the release scripts. Reads DATA WEIGHTS OUT [OPTION…] into data, UNMASK_WEIGHTS, out and "$@", and puts the checkout
# on Python's path, so that `python -m research…` runs from any folder.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: $0 DATA WEIGHTS OUT [OPTION…]" >&2
    exit 2
fi
data=$1 out=$3
export UNMASK_WEIGHTS=$2
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PYTHONPATH=$checkout${PYTHONPATH:+:$PYTHONPATH}
shift 3
