"""Vaccines (CVX) and the ages at which the demo gives them."""

from chartpost.demo.generator.coding import CVX, Code


def _cvx(code: str, display: str) -> Code:
    return Code(CVX, code, display)


HEP_B = _cvx("08", "Hep B, adolescent or pediatric")
ROTAVIRUS = _cvx("119", "rotavirus, monovalent")
DTAP = _cvx("20", "DTaP")
HIB = _cvx("49", "Hib (PRP-OMP)")
PCV13 = _cvx("133", "Pneumococcal conjugate PCV 13")
IPV = _cvx("10", "IPV")
MMR = _cvx("03", "MMR")
VARICELLA = _cvx("21", "varicella")
HEP_A = _cvx("83", "Hep A, ped/adol, 2 dose")
TDAP = _cvx("115", "Tdap")
HPV9 = _cvx("165", "HPV9")
MENINGOCOCCAL = _cvx("114", "meningococcal MCV4P")
FLU = _cvx("140", "Influenza, seasonal, injectable, preservative free")
TD = _cvx("113", "Td (adult) preservative free")
ZOSTER = _cvx("187", "zoster recombinant")
PPSV23 = _cvx("33", "pneumococcal polysaccharide vaccine, 23 valent")
COVID = _cvx("208", "SARS-COV-2 (COVID-19) vaccine, mRNA, spike protein, LNP, preservative free, 30 mcg/0.3mL dose")

CHILDHOOD: tuple[tuple[float, tuple[Code, ...]], ...] = (
    (0.01, (HEP_B,)),
    (0.17, (HEP_B, ROTAVIRUS, DTAP, HIB, PCV13, IPV)),
    (0.34, (ROTAVIRUS, DTAP, HIB, PCV13, IPV)),
    (0.51, (HEP_B, DTAP, PCV13)),
    (1.02, (MMR, VARICELLA, HEP_A, HIB, PCV13)),
    (1.30, (DTAP,)),
    (1.60, (HEP_A, IPV)),
    (4.10, (DTAP, IPV, MMR, VARICELLA)),
    (11.1, (TDAP, HPV9, MENINGOCOCCAL)),
    (11.7, (HPV9,)),
    (16.1, (MENINGOCOCCAL,)),
)
"""Age in years at a visit, and what is given there (simplified from the CDC schedule)."""

ADULT: tuple[tuple[float, Code], ...] = ((21.2, TD), (31.3, TD), (41.2, TD), (50.3, ZOSTER), (50.7, ZOSTER),
                                         (51.4, TD), (61.3, TD), (65.4, PPSV23), (71.5, TD))  # fmt: skip

SITES = (("LA", "left arm"), ("RA", "right arm"))
