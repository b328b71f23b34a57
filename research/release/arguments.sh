# Read by the scripts beside it: their arguments DATA WEIGHTS OUT [OPTION…] as data, UNMASK_WEIGHTS, out and "$@".
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: $0 DATA WEIGHTS OUT [OPTION…]" >&2
    exit 2
fi
data=$1 out=$3
export UNMASK_WEIGHTS=$2
shift 3
