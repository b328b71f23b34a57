"""Stand-ins until the evaluation room is merged."""
import numpy as np

def degrade(image, tier):
    from unmask.training.augment import encode
    if tier == "clean": return image
    if tier == "web":
        c = image.copy(); c.thumbnail((768,768)); return encode(c, "JPEG", 60)
    f = min(.5, 512/max(image.size))
    return encode(image.resize((max(1,round(image.width*f)),max(1,round(image.height*f)))), "JPEG", 40)

def roc_auc(y, s):
    o=np.argsort(s,kind='stable'); rk=np.empty(len(s)); rk[o]=np.arange(1,len(s)+1)
    n=y.sum(); return float((rk[y].sum()-n*(n+1)/2)/(n*(len(y)-n)))

class _E:
    def to_dict(self): return {"interim": True}

def evaluate(detector, dataset, tiers=("clean",)): return _E()

class _A:
    refused=False; faults=()
    def to_dict(self): return {}

def audit(dataset): return _A()
